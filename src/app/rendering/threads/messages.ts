import type { RenderOptions } from '../../../delivery/render/contract.js'
import type { TreeEntry } from '../../../delivery/render/tree.js'
import type { SentError } from './sent-error.js'

/** What a thread is started with. */
export interface ThreadSettings {
  /** Whether kustomizations may name other servers. */
  readonly remote: boolean
  /** Whether charts in kustomizations are rendered, and fetched. */
  readonly charts: 'off' | 'local' | 'fetched'
  /** Heap in use at which a render is stopped, with an error that names the place. */
  readonly stopAtBytes: number
}

/** A tree of the hub's thread, which answers for it. The same number is the same tree. */
export interface SentTree {
  readonly number: number
  readonly id: string
  readonly hasRealPath: boolean
}

export interface SentRender {
  readonly renderer: string
  readonly tree: SentTree
  readonly path: string
  readonly options: RenderOptions
  readonly target: {
    readonly namespace: string
    readonly kubeVersion?: string
    readonly apiVersions?: readonly string[]
  }
  readonly hasLookup: boolean
  readonly maxMilliseconds: number
  /** Epoch milliseconds. */
  readonly now: number
}

/** What a thread asks the hub's for, and the answers. */
export interface Calls {
  read(tree: number, path: string): Uint8Array | undefined
  hash(tree: number, path: string): string | undefined
  list(tree: number, path: string): readonly TreeEntry[] | undefined
  realPath(tree: number, path: string): string | undefined
  lookup(apiVersion: string, kind: string, namespace: string, name: string): Record<string, unknown>
  repository(request: { repository: string; ref: string; timeoutSeconds: number; submodules: boolean }): SentTree
  file(url: string): Uint8Array
  pull(request: { repo: string; name: string; version: string }): { readonly tree: SentTree; readonly path: string }
  /** Some of the objects, as the JSON text of a list: the answer comes when the hub has had time for others. */
  take(objects: string): undefined
}

export type CallName = keyof Calls
export type CallArguments<Name extends CallName> = Parameters<Calls[Name]>
export type CallResult<Name extends CallName> = ReturnType<Calls[Name]>

export type ToThread =
  | { readonly type: 'render'; readonly render: SentRender }
  | { readonly type: 'answer'; readonly call: number; readonly value?: unknown; readonly error?: SentError }

export type FromThread =
  | { readonly type: 'ready' }
  | { readonly type: 'call'; readonly call: number; readonly name: CallName; readonly given: readonly unknown[] }
  | {
      readonly type: 'done'
      readonly milliseconds: number
      readonly warnings: readonly string[]
      readonly isVolatile: boolean | undefined
    }
  | { readonly type: 'failed'; readonly milliseconds: number; readonly error: SentError }
