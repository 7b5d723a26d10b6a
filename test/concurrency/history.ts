/** What one client did and was told, with when it began and ended on the one clock of the test process. */
export interface Operation {
  readonly client: number
  readonly kind: 'create' | 'update' | 'delete' | 'get' | 'list'
  readonly key: string
  /** create, update: the value, which nobody else writes. */
  readonly value?: string
  /** update, delete: the resourceVersion that must be current (absent: any). */
  readonly expected?: number
  readonly start: number
  end: number
  outcome: Outcome
}

export type Outcome =
  /** No answer: it may have been done or not. */
  | { readonly type: 'unknown' }
  /** create, update: the revision that it got. */
  | { readonly type: 'written'; readonly revision: number }
  | { readonly type: 'deleted'; readonly uid: string }
  | { readonly type: 'found'; readonly revision: number; readonly value: string }
  /** 404 */
  | { readonly type: 'absent' }
  /** 409 AlreadyExists */
  | { readonly type: 'exists' }
  /** 409 Conflict */
  | { readonly type: 'conflict' }
  /** The storage refused: nothing was done. */
  | { readonly type: 'refused' }
  | {
      readonly type: 'listed'
      readonly revision: number
      readonly items: ReadonlyMap<string, { revision: number; value: string }>
    }

/** One change as a watch of everything saw it. */
export interface Change {
  readonly type: 'ADDED' | 'MODIFIED' | 'DELETED'
  readonly revision: number
  readonly key: string
  readonly value: string
  readonly uid: string
}
