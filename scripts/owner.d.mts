export interface Repository {
  readonly owner: string;
  readonly name: string;
}
export const OTHERS: readonly string[];
export function repositoryOf(manifest: { readonly repository: { readonly url: string } }): Repository;
export function withOwner(text: string, repository: Repository): string;
export function spreadOwner(root: string, isCheck: boolean): string[];
