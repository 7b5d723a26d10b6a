import { isObject } from '../../../base/json.js'
import { HelmValues } from './helm-values.js'
import type { Path, Spot } from './spot.js'
import { View } from './view.js'

/**
 * Values that several files make, one laid over the other as `helm -f base.yaml -f cluster.yaml` does: maps are merged, anything
 * else of an upper file takes the place of what lies below, and null takes it away. What is pointed at stands in the uppermost file
 * that says it.
 */
export class LayeredValues extends HelmValues {
  /** The uppermost first. */
  readonly #layers: readonly [HelmValues, ...HelmValues[]]

  constructor(layers: readonly [HelmValues, ...HelmValues[]], cluster: string | undefined) {
    const [top] = layers
    const merged = [...layers].reverse().reduce<unknown>((below, { value }) => layOver(below, value), {})
    super({
      tool: top.tool,
      document: top.document,
      root: top.root,
      merged,
      cluster,
      chartVersion: layers.find(({ chartVersion }) => chartVersion !== undefined)?.chartVersion,
    })
    this.#layers = layers
  }

  override at(...path: Path): Spot {
    return this.#layerOf(path).at(...path)
  }

  override atKey(...path: Path): Spot {
    return this.#layerOf(path).atKey(...path)
  }

  override view(...path: Path): View {
    const layer = this.#layerOf(path)
    const value = this.get(...path)
    return isObject(value) ? new View(layer.document, layer.view(...path).root, value) : layer.view(...path)
  }

  /** The uppermost file with a value at a path; of an absent one, the file that comes nearest. */
  #layerOf(path: Path): HelmValues {
    for (let length = path.length; length > 0; length--) {
      const found = this.#layers.find((layer) => layer.has(...path.slice(0, length)))
      if (found !== undefined) return found
    }
    return this.#layers[0]
  }
}

function layOver(below: unknown, above: unknown): unknown {
  if (!isObject(below) || !isObject(above)) return above
  const merged: Record<string, unknown> = { ...below }
  for (const [key, value] of Object.entries(above)) {
    if (value === null) delete merged[key]
    else
      Object.defineProperty(merged, key, {
        value: layOver(merged[key], value),
        enumerable: true,
        writable: true,
        configurable: true,
      })
  }
  return merged
}
