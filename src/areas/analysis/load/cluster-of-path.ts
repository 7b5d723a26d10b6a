import { compileDoublestar } from '../../../formats/glob/doublestar.js'
import type { Settings } from '../model/settings.js'

/**
 * The cluster that a file belongs to: as `flotilla.yaml` says; else by convention, the folder or file below a folder named
 * `clusters` (`clusters/us-east/apps.yaml`, `clusters/us-east.yaml`). Everything else belongs to no cluster in particular.
 */
export function clusterOfPath(path: string, settings: Settings): string | undefined {
  for (const { name, paths } of settings.clusters) if (paths.some((pattern) => isWithin(path, pattern))) return name
  const parts = path.split('/')
  const at = parts.lastIndexOf('clusters')
  const next = at === -1 ? undefined : parts[at + 1]
  if (next === undefined) return undefined
  const isFile = at + 2 === parts.length
  const name = isFile ? next.replace(/\.(ya?ml|json)$/, '') : next
  if (isFile && (name === next || /^(kustomization|clusters|values|flotilla|readme)$/i.test(name))) return undefined
  return /^(base|common|shared|_.*|all)$/.test(name) ? undefined : name
}

export function isWithin(path: string, pattern: string): boolean {
  const plain = pattern.replace(/\/+$/, '')
  if (path === plain || path.startsWith(`${plain}/`)) return true
  return /[*?[{]/.test(plain) && compileDoublestar(plain)(path)
}
