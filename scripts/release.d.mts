export interface ReleaseFacts {
  readonly manifest: { readonly version: string; readonly repository: { readonly url: string } };
  readonly lock: { readonly version: string };
  readonly changelog: string;
  readonly waiting: readonly string[];
  readonly tag?: string;
  readonly repository?: string;
}
export function notesOf(changelog: string, version: string): string | undefined;
export function obstacles(facts: ReleaseFacts): string[];
