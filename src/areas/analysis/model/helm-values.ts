import { isObject } from '../../../base/json.js'
import type { Document } from './document.js'
import type { Path } from './spot.js'
import { View } from './view.js'

export const knownTools = ['cilium', 'istio', 'submariner', 'argo-cd', 'external-dns', 'linkerd', 'cluster-api-operator'] as const
export type KnownTool = (typeof knownTools)[number]

/**
 * Values of a chart of a known tool, at the place where the tool's own values begin: paths are those of the chart, whether
 * they are written in a values file, below the key of an umbrella chart, in an IstioOperator, an Application or a HelmRelease.
 * Several sources may write the same values otherwise: `istio` has those of `global`, `pilot`, `meshConfig` on the top level.
 */
export class HelmValues extends View {
  readonly tool: KnownTool
  /** The chart's version where it is told beside the values. */
  readonly chartVersion: string | undefined
  /** The cluster they are for, by name: of the document, or as the values themselves say. */
  readonly cluster: string | undefined
  readonly #elsewhere: Readonly<Record<string, Path>>

  constructor(options: HelmValuesOptions) {
    const { document, root, elsewhere = {} } = options
    const moved = Object.entries(elsewhere).filter(([, path]) => document.get(...path) !== undefined)
    const own = document.get(...root)
    const value =
      moved.length === 0
        ? own
        : { ...(isObject(own) ? own : {}), ...Object.fromEntries(moved.map(([key, path]) => [key, document.get(...path)])) }
    super(document, root, options.merged ?? value)
    this.tool = options.tool
    this.cluster = options.cluster
    this.chartVersion = options.chartVersion
    this.#elsewhere = Object.fromEntries(moved)
  }

  protected override fullPath(path: Path): Path {
    const [first, ...rest] = path
    const moved = typeof first === 'string' && Object.hasOwn(this.#elsewhere, first) ? this.#elsewhere[first] : undefined
    return moved === undefined ? super.fullPath(path) : [...moved, ...rest]
  }
}

export interface HelmValuesOptions {
  readonly tool: KnownTool
  readonly document: Document
  readonly root: Path
  readonly cluster?: string | undefined
  readonly chartVersion?: string | undefined
  /** Members of the chart's values that stand outside of `root`: `meshConfig` of an IstioOperator. */
  readonly elsewhere?: Readonly<Record<string, Path>>
  /** What counts in place of what stands at `root`: together with values of other files. */
  readonly merged?: unknown
}
