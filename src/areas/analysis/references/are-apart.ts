import type { KubeDocument } from '../model/document.js'
import type { FleetModel } from '../model/fleet-model.js'

const roots = new WeakMap<FleetModel, string>()

/**
 * True of objects that have nothing but names in common: they stand below different folders of what is checked (`docs/`,
 * `e2e/`), and no namespace that both name holds them together. Each may have a namesake elsewhere, of which nothing is known.
 * A folder for each kind (`deployments/`, `services/`) parts nothing: there has to be another below it.
 */
export function areApart(model: FleetModel, a: KubeDocument, b: KubeDocument): boolean {
  if (a.namespace !== undefined && a.namespace === b.namespace) return false
  if (a.cluster !== undefined && a.cluster === b.cluster) return false
  let root = roots.get(model)
  if (root === undefined) {
    root = commonFolder(model)
    roots.set(model, root)
  }
  const [one, other] = [folderBelow(a, root), folderBelow(b, root)]
  return one !== undefined && other !== undefined && one !== other
}

/** The first folder below the root; undefined of what has not two between, or is in no file. */
function folderBelow({ source, written }: KubeDocument, root: string): string | undefined {
  if (written === undefined || !source.startsWith(root)) return undefined
  const [first, ...others] = source.slice(root.length).split('/')
  return others.length < 2 ? undefined : first
}

function commonFolder({ documents }: FleetModel): string {
  let root: string | undefined
  for (const { source, written } of documents) {
    if (written === undefined) continue
    const folder = source.slice(0, source.lastIndexOf('/') + 1)
    if (root === undefined) root = folder
    while (!folder.startsWith(root)) root = root.slice(0, root.lastIndexOf('/', root.length - 2) + 1)
  }
  return root ?? ''
}
