/** A choice of a few values, each shown by its name or by other words. */

/** A labelled select. */
export function Choice<T extends string>(props: {
  readonly label: string;
  readonly choices: readonly T[];
  readonly chosen: T;
  readonly onChoose: (choice: T) => void;
  readonly words?: Readonly<Record<T, string>>;
}) {
  const { label, choices, chosen, onChoose, words } = props;
  return (
    <label>
      {label}
      <select
        value={chosen}
        onChange={(event) => onChoose(choices.find((one) => one === event.currentTarget.value) ?? chosen)}
      >
        {choices.map((one) => (
          <option key={one} value={one}>
            {words?.[one] ?? one}
          </option>
        ))}
      </select>
    </label>
  );
}
