/** A sequence of requests, sent in a namespace of its own. */
export interface Case {
  readonly name: string
  /** `none`: the case needs no namespace. `twice`: the namespace `${ns}` and another, `${ns}-2`. */
  readonly namespace?: 'none' | 'twice'
  readonly steps: readonly Step[]
}

/**
 * One request. `${ns}` is the case's namespace, `${id}` eight characters that are unique to this run of the case (for names of
 * cluster-scoped objects), and every capture is known by its name. They are replaced in all texts.
 */
export interface Step {
  readonly method: 'GET' | 'HEAD' | 'POST' | 'PUT' | 'PATCH' | 'DELETE' | 'OPTIONS'
  readonly path: string
  readonly query?: Readonly<Record<string, string | readonly string[]>>
  readonly headers?: Readonly<Record<string, string>>
  /** Sent as JSON. */
  readonly body?: unknown
  /** Sent as it is, instead of `body`. */
  readonly raw?: string
  readonly base64?: string
  /** The Content-Type: a short name, or the whole. JSON unless it says otherwise. */
  readonly as?: keyof typeof contentTypes | (string & {})
  /** By name: the path in the answer whose value the name stands for. */
  readonly capture?: Readonly<Record<string, string>>
  /** A watch: reads so many events, then hangs up. */
  readonly events?: number
  /** Sent again and again until the answer has this code, for what takes a moment to be there. */
  readonly until?: number
  /** Only to set the stage: sent, but not compared. */
  readonly silent?: boolean
}

export const contentTypes = {
  json: 'application/json',
  yaml: 'application/yaml',
  protobuf: 'application/vnd.kubernetes.protobuf',
  'json-patch': 'application/json-patch+json',
  merge: 'application/merge-patch+json',
  strategic: 'application/strategic-merge-patch+json',
  apply: 'application/apply-patch+yaml',
} as const

/** What a server said, made comparable. */
export interface Answer {
  readonly code: number
  readonly headers: Readonly<Record<string, string>>
  /** JSON when it is JSON; the texts of YAML and of plain answers; the events of a watch. */
  readonly body: unknown
}
