/** Writes docs/versions.md from what the matrix found: a table for each axis, one column a version. */
const BEGIN = (axis) => `<!-- begin: ${axis}, written by npm run test:matrix -->`;
const END = (axis) => `<!-- end: ${axis} -->`;

/**
 * The page with its tables written anew.
 * @param results what was found, by the name of the axis and of the version
 */
export function withTables(page, axes, results) {
  return axes.reduce((text, axis) => {
    const [before, rest] = text.split(BEGIN(axis.name));
    const after = rest?.split(END(axis.name))[1];
    if (after === undefined)
      throw new Error(`docs/versions.md needs the lines "${BEGIN(axis.name)}" and "${END(axis.name)}".`);
    const table = tableOf(axis, results[axis.name] ?? {});
    return `${before}${BEGIN(axis.name)}\n\n${axis.says}\n\n${table}\n\n${END(axis.name)}${after}`;
  }, page);
}

function tableOf(axis, found) {
  const columns = axis.versions.map((version) => found[version]);
  const rows = [
    ['', ...axis.versions.map((version, index) => columns[index]?.exact ?? version)],
    ...axis.steps.map((step) => [
      step.name,
      ...axis.versions.map((version, index) => outcome(columns[index], step, version)),
    ]),
    ['tried on', ...columns.map((column) => column?.date ?? 'not yet')],
  ];
  const widths = rows[0].map((_, column) => Math.max(3, ...rows.map((row) => row[column].length)));
  const lines = rows.map((row) => `| ${row.map((text, column) => text.padEnd(widths[column])).join(' | ')} |`);
  return [lines[0], `| ${widths.map((width) => '-'.repeat(width)).join(' | ')} |`, ...lines.slice(1)].join('\n');
}

function outcome(column, step, version) {
  if (step.except?.includes(version)) return '–';
  if (column === undefined) return '';
  const done = column.steps.find(({ name }) => name === step.name);
  if (done === undefined) return 'not reached';
  return done.passed ? done.note || 'works' : `FAILS: ${done.note}`;
}
