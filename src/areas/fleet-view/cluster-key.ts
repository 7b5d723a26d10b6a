import { createHash } from 'node:crypto'

/** The label of every object of the view: the key of its cluster. In a label or field selector it narrows what is asked. */
export const clusterLabel = 'flotilla.dev/cluster'
/** The annotation that has the cluster's name where the name itself can be no key. */
export const clusterNameAnnotation = 'flotilla.dev/cluster-name'
/** Stands between an object's name (or a namespace) and the key of its cluster: `web@us-east`. */
export const clusterMark = '@'

/**
 * How the view calls a cluster: its name where that can be the value of a label, otherwise what of it can, and a digest. A key
 * can stand in a name, in a path, in a selector and in a header.
 */
export function clusterKey(name: string): string {
  if (/^[A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?$/.test(name)) return name
  const digest = createHash('sha256').update(name).digest('hex').slice(0, 10)
  const readable = name
    .replace(/[^-A-Za-z0-9_.]+/g, '-')
    .slice(0, 50)
    .replace(/^[^A-Za-z0-9]+|[^A-Za-z0-9]+$/g, '')
  return readable === '' ? `c-${digest}` : `${readable}-${digest}`
}

/** An object's name with the cluster it is in. */
export function nameInView(name: string, key: string): string {
  return `${name}${clusterMark}${key}`
}

/** The parts of a name that a client gives. `key` only for a cluster that there is: names of RBAC objects may have the mark in them. */
export function splitName(name: string, isKey: (key: string) => boolean): { name: string; key: string | undefined } {
  const at = name.lastIndexOf(clusterMark)
  if (at <= 0) return { name, key: undefined }
  const key = name.slice(at + 1)
  return isKey(key) ? { name: name.slice(0, at), key } : { name, key: undefined }
}
