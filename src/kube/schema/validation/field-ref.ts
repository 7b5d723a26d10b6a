import { type Findings, type Members, textOf } from './findings.js'

// What the downward API can tell of a Pod.
const podFields =
  /^(?:metadata\.(?:name|namespace|uid|labels|annotations)|spec\.(?:nodeName|serviceAccountName|restartPolicy|schedulerName)|status\.(?:phase|hostIPs?|podIPs?))$/

/** A field of the Pod, for an environment variable or a file. */
export function checkFieldRef(reference: Members, field: string, to: Findings): void {
  const path = textOf(reference['fieldPath'])
  if (path === '') to.required(`${field}.fieldPath`)
  else if (!podFields.test(path) && !/^metadata\.(?:labels|annotations)\['[^']+'\]$/.test(path)) {
    to.invalid(`${field}.fieldPath`, path, `error converting fieldPath: field label not supported: ${path}`)
  }
}
