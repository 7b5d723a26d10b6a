/** A file of the input, as text. Folders, archives and standard input become these at the edge. */
export interface InputText {
  /** As findings name it, with `/`: relative to where the user stands. */
  readonly path: string
  readonly text: string
  /** Part of a kustomization that was rendered: what it holds is not applied as it is, and only says where that was written. */
  readonly isSource?: boolean
}

/** An object that kustomize or Helm made of files. */
export interface RenderedObject {
  readonly value: unknown
  /** What made it: a kustomization, a template of a chart. Findings stand there unless a source has an object like it. */
  readonly file: string
  /** The line of the template that says its kind, as far as it can be told. */
  readonly line?: number
  /** The cluster that it is made for; that of `file` unless told. */
  readonly cluster?: string | undefined
  /** Of a chart that is installed several times: which time, for what belongs together. */
  readonly install?: string | undefined
  /** The files that it can have been made of; any, if it is not told. */
  readonly sources?: ReadonlySet<string>
}

/** Something of the input that could not be read: it is said, and never counts as clean. */
export interface Unreadable {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
  /** `error` unless told: for what is sound, only not to be had here, such as a base on another server. */
  readonly severity?: 'error' | 'warning' | 'note'
  readonly fix?: string
}

/** What keeps an ApplicationSet from making Applications of the clusters and files that are there, in the controller's words. */
export interface GenerationProblem {
  readonly file: string
  readonly name: string
  readonly namespace: string | undefined
  readonly message: string
}
