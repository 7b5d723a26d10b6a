import type { KubeDocument } from '../model/document.js'
import type { FleetModel } from '../model/fleet-model.js'

/**
 * What an object of the input stands for. `whole`: it is applied as it is. `part`: a kustomization makes something of it, or
 * nobody does; fields may come or change on the way. `patch`: it only changes another object. `stored`: a cluster has it already.
 */
export type Standing = 'whole' | 'part' | 'patch' | 'stored'

const folders = new WeakMap<FleetModel, { readonly kustomized: ReadonlySet<string>; readonly known: Map<string, boolean> }>()

export function standingOf(model: FleetModel, document: KubeDocument): Standing {
  // What a cluster has stored, it has taken; so has what was printed by one.
  if (document.written === undefined || document.has('metadata', 'uid')) return 'stored'
  if (document.rendered) return 'whole'
  if (document.parent !== undefined) return 'part'
  // A template of Helm that happens to be YAML.
  if (/\{\{/.test(`${document.name}${document.namespace ?? ''}`)) return 'patch'
  let cache = folders.get(model)
  if (cache === undefined) {
    cache = { kustomized: new Set(model.withRole('kustomization').map(({ source }) => folderOf(source))), known: new Map() }
    folders.set(model, cache)
  }
  const isPatch = /(^|[/_.-])(patch|patches|overlays?)([/_.-]|$)/i.test(document.source)
  if (isBelow(folderOf(document.source), cache)) return isPatch ? 'patch' : 'part'
  return isPatch && /patch/i.test(document.source) ? 'patch' : 'whole'
}

/** True when a kustomization stands in the folder or in one above it. */
function isBelow(folder: string, cache: { kustomized: ReadonlySet<string>; known: Map<string, boolean> }): boolean {
  const known = cache.known.get(folder)
  if (known !== undefined) return known
  const slash = folder.lastIndexOf('/')
  const found = cache.kustomized.has(folder) || (slash > 0 && isBelow(folder.slice(0, slash), cache))
  cache.known.set(folder, found)
  return found
}

function folderOf(path: string): string {
  const slash = path.lastIndexOf('/')
  return slash === -1 ? '' : path.slice(0, slash)
}

/** True of what is not applied as it is written: what it refers to may be called otherwise in the end. */
export function isPart(model: FleetModel, document: KubeDocument): boolean {
  const standing = standingOf(model, document)
  return standing === 'part' || standing === 'patch'
}
