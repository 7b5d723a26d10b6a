import { type Findings, type Members, membersOf, structsOf, textOf } from './findings.js'

const appArmor = 'container.apparmor.security.beta.kubernetes.io/'
const mirror = 'kubernetes.io/config.mirror'

/** AppArmor profiles in annotations are of containers that are there, and have one of the forms that there are. */
export function checkPodAnnotations(pod: Members, to: Findings): void {
  const spec = membersOf(pod['spec'])
  const mirrored = membersOf(membersOf(pod['metadata'])['annotations'])[mirror]
  if (mirrored !== undefined && textOf(spec['nodeName']) === '') {
    to.invalid(`metadata.annotations[${mirror}]`, mirrored, 'must set spec.nodeName if mirror pod annotation is set')
  }
  for (const [key, value] of annotationsOf(pod)) {
    if (!key.startsWith(appArmor)) continue
    const name = key.slice(appArmor.length)
    const field = `metadata.annotations[${key}]`
    const all = ['initContainers', 'containers', 'ephemeralContainers'].flatMap((each) => structsOf(spec[each]))
    if (!all.some((container) => container['name'] === name)) to.invalid(field, name, 'container not found')
    const isKnown = value === '' || value === 'runtime/default' || value === 'unconfined' || value.startsWith('localhost/')
    if (!isKnown) to.invalid(field, value, `invalid AppArmor profile name: ${JSON.stringify(value)}`)
  }
}

/** What they say of a pod stays as it was when the pod was made. */
export function checkPodAnnotationsUpdate(pod: Members, old: Members, to: Findings): void {
  const now = new Map(annotationsOf(pod))
  const before = new Map(annotationsOf(old))
  const what = (key: string) =>
    key.startsWith(appArmor) ? 'AppArmor annotations' : key === mirror ? 'mirror pod annotation' : ''
  for (const [key, value] of before) {
    if (what(key) === '' || now.get(key) === value) continue
    to.forbidden(`metadata.annotations[${key}]`, `may not remove or update ${what(key)}`)
  }
  for (const key of now.keys()) {
    if (what(key) !== '' && !before.has(key)) to.forbidden(`metadata.annotations[${key}]`, `may not add ${what(key)}`)
  }
  checkPodAnnotations(pod, to)
}

function annotationsOf(pod: Members): [string, string][] {
  const annotations = membersOf(membersOf(pod['metadata'])['annotations'])
  return Object.keys(annotations)
    .sort()
    .map((key) => [key, textOf(annotations[key])])
}
