/** A place in an input. Lines and columns count from 1; of what has no text (a live object) both are 0. */
export interface Place {
  readonly file: string
  readonly line: number
  readonly column: number
  readonly endLine?: number
  readonly endColumn?: number
}

/** Keys of maps and indexes of lists, from the root of a document. */
export type Path = readonly (string | number)[]

/** One side of a finding. Its place is looked up only when it is shown, for that means parsing the document with positions. */
export interface Spot {
  /** `Service production/api`, `values of cilium`, `call of subctl`. */
  readonly subject: string
  /** The cluster it belongs to, where known. */
  readonly cluster?: string
  /** What this side says, if the message does not: `10.1.0.0/16`. */
  readonly note?: string
  place(): Place
  /** The same with a note. */
  says(note: string): Spot
  /** What suppresses findings here: annotations of the object. */
  readonly annotations?: Readonly<Record<string, unknown>>
  /** Other places that hold the same document, word for word. */
  copies?(): readonly Place[]
}

/** A path as people write it: `spec.ports[0].name`. */
export function formatPath(path: Path): string {
  let text = ''
  for (const step of path) {
    if (typeof step === 'number') text += `[${step}]`
    else if (/^[A-Za-z_][\w-]*$/.test(step)) text += text === '' ? step : `.${step}`
    else text += `["${step}"]`
  }
  return text
}
