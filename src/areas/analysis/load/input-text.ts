/** A file of the input, as text. Folders, archives and standard input become these at the edge. */
export interface InputText {
  /** As findings name it, with `/`: relative to where the user stands. */
  readonly path: string
  readonly text: string
}

/** Something of the input that could not be read: it is said, and never counts as clean. */
export interface Unreadable {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly message: string
  readonly fix?: string
}
