import type { Path } from './spot.js'
import type { View } from './view.js'

/** A change of one document that leaves everything else of it as it stands, comments and order included. */
export type Edit =
  /** A scalar in place of the one that is there. */
  | { readonly kind: 'set'; readonly view: View; readonly path: Path; readonly value: string | number | boolean }
  /** A member of a map is called otherwise; its value stays. */
  | { readonly kind: 'rename'; readonly view: View; readonly path: Path; readonly to: string }
  /** A member of a map, or an item of a list, goes with all below it and the comments on its lines. */
  | { readonly kind: 'remove'; readonly view: View; readonly path: Path }
  /** A new last member of a map that is there and not empty; `value` is JSON. */
  | { readonly kind: 'add'; readonly view: View; readonly path: Path; readonly key: string; readonly value: unknown }
  /** Words of a script: `path` of the call's word by index. */
  | { readonly kind: 'words'; readonly file: string; readonly start: number; readonly end: number; readonly text: string }
