import { Stalled } from '../../base/errors.js'
import { highestTag, parseVersionRange } from './semver-range.js'

/** What a remote answers to ls-remote: names to commits (annotated tags peeled), and the branch that HEAD points at. */
export interface GitReferences {
  readonly byName: ReadonlyMap<string, string>
  readonly head: string | undefined
}

/** Reads the output of `git ls-remote --symref`. */
export function parseReferences(text: string): GitReferences {
  const byName = new Map<string, string>()
  let head: string | undefined
  for (const line of text.split('\n')) {
    const tab = line.indexOf('\t')
    if (tab < 0) continue
    const left = line.slice(0, tab)
    const name = line.slice(tab + 1)
    if (left.startsWith('ref: ')) {
      if (name === 'HEAD') head = left.slice(5)
    } else if (/^[0-9a-f]{40}([0-9a-f]{24})?$/.test(left)) {
      // A peeled entry follows its tag, and replaces the tag object by the commit.
      byName.set(name.endsWith('^{}') ? name.slice(0, -3) : name, left)
    }
  }
  return { byName, head }
}

/** True when the same names point at the same commits. */
export function sameReferences(a: GitReferences, b: GitReferences): boolean {
  if (a.head !== b.head || a.byName.size !== b.byName.size) return false
  for (const [name, commit] of a.byName) if (b.byName.get(name) !== commit) return false
  return true
}

export type ResolvedRevision =
  | { readonly kind: 'commit'; readonly commit: string }
  /** An abbreviated commit: only the objects can tell. */
  | { readonly kind: 'abbreviated'; readonly prefix: string }
  | { readonly kind: 'unknown' }

/** What `revision` means: a branch before a tag of the same name, as Argo CD looks them up. */
export function resolveRevision(references: GitReferences, revision: string): ResolvedRevision {
  const { byName } = references
  const found = (commit: string | undefined): ResolvedRevision | undefined =>
    commit === undefined ? undefined : { kind: 'commit', commit }
  if (revision === '' || revision === 'HEAD') {
    return found(byName.get('HEAD')) ?? found(references.head && byName.get(references.head)) ?? { kind: 'unknown' }
  }
  const named =
    found(byName.get(revision.startsWith('refs/') ? revision : `refs/heads/${revision}`)) ??
    found(byName.get(`refs/tags/${revision}`))
  if (named) return named
  if (/^[0-9a-f]{40}([0-9a-f]{24})?$/i.test(revision)) return { kind: 'commit', commit: revision.toLowerCase() }
  const range = parseVersionRange(revision)
  if (range) {
    const tag = highestTag(tagsOf(references), range)
    if (tag !== undefined) return found(byName.get(`refs/tags/${tag}`))!
    return { kind: 'unknown' }
  }
  if (/^[0-9a-f]{7,39}$/i.test(revision)) return { kind: 'abbreviated', prefix: revision.toLowerCase() }
  return { kind: 'unknown' }
}

function* tagsOf(references: GitReferences): Iterable<string> {
  for (const name of references.byName.keys()) if (name.startsWith('refs/tags/')) yield name.slice('refs/tags/'.length)
}

/** Refuses what git could read as an option or an expression, and control characters. */
export function checkRevision(revision: string): void {
  if (/^-|[\u0000-\u001f\u007f:?[\\]|\.\.|@\{/.test(revision) || revision.length > 256)
    throw new Stalled({
      code: 'revision-invalid',
      message: `targetRevision ${JSON.stringify(revision.slice(0, 80))} is not a branch, tag, commit, version range or reference`,
      fix: 'Write a branch, a tag, a commit hash, a range such as ^1.2 or a full name such as refs/heads/main',
    })
}

export function revisionNotFound(url: string, revision: string, references: GitReferences): Stalled {
  const near = nearNames(revision, references)
  return new Stalled({
    code: 'revision-not-found',
    message: `unable to resolve '${revision}' to a commit SHA in ${url}${near.length > 0 ? `; it has ${near.join(', ')}` : '; it has no branches'}`,
    fix: 'Correct targetRevision, or push the branch or tag',
  })
}

/** Up to five names that the writer may have meant, the nearest first. */
function nearNames(revision: string, references: GitReferences): string[] {
  const names = [...references.byName.keys()]
    .filter((name) => name.startsWith('refs/heads/') || name.startsWith('refs/tags/'))
    .slice(0, 2000)
    .map((name) => name.replace(/^refs\/(heads|tags)\//, ''))
  const wanted = revision.toLowerCase().slice(0, 64)
  return [...new Set(names)]
    .map((name) => ({ name, distance: editDistance(wanted, name.toLowerCase().slice(0, 64)) }))
    .sort((a, b) => a.distance - b.distance || (a.name < b.name ? -1 : 1))
    .slice(0, 5)
    .map(({ name }) => name)
}

function editDistance(a: string, b: string): number {
  let row = Array.from({ length: b.length + 1 }, (_, index) => index)
  for (let i = 1; i <= a.length; i++) {
    const next = [i]
    for (let j = 1; j <= b.length; j++)
      next.push(Math.min(row[j]! + 1, next[j - 1]! + 1, row[j - 1]! + (a[i - 1] === b[j - 1] ? 0 : 1)))
    row = next
  }
  return row[b.length]!
}
