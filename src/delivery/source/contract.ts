import type { Tree } from '../render/tree.js'
import type { FindChartCredentials } from './helm/contract.js'

/**
 * Repositories of manifests, read by hash. One fetch serves everyone who uses a repository; nothing is checked out.
 * A repository that cannot be read throws (Waiting or Stalled): never an empty answer.
 */
export interface Repositories {
  /**
   * The commit (40 hex digits) that `revision` names now: a branch, a tag, HEAD, a (short) commit, or a semver range over tags.
   * Answers from what is known if that is younger than the polling interval, else asks the remote.
   */
  resolve(url: string, revision: string, options?: { refresh?: boolean; signal?: AbortSignal }): Promise<string>
  /** The files at a commit. Cached by tree hash. */
  tree(url: string, commit: string): Promise<Tree>
  /** Author, date and subject, for histories. */
  describe(url: string, commit: string): Promise<{ author: string; date: string; message: string }>
  /** Something says that the repository has changed (a push, a webhook): its references are read again. */
  notify(url: string, how?: { /** Also all repositories whose address begins with it. */ below?: boolean }): void
  /** Called when a reference of a repository has moved, and when one that could not be read can be read again. */
  onChange(listener: (change: { url: string }) => void): () => void
}

/** Credentials by repository URL, asked for at each fetch. */
export type RepositoryCredentials = (
  url: string,
) =>
  | { username?: string; password?: string; bearerToken?: string; sshPrivateKey?: string; insecure?: boolean; caPem?: string }
  | undefined

/** Credentials of both kinds of sources. */
export interface SourceCredentials {
  readonly git: RepositoryCredentials
  readonly charts: FindChartCredentials
}

/** What a person is told to do about a repository that cannot be read, in the words of where credentials come from. */
export interface RepositoryAdvice {
  /** It asks for credentials, or refuses those it was shown. `url` has no secrets in it. */
  authentication(url: string): string
  readonly notFound: string
  /** The certificate of its server is not trusted. */
  readonly certificate: string
}
