import { isNumber } from '../../../base/json-text.js'
import { explainDns1123Label } from '../../object/names.js'
import { checkFieldRef } from './field-ref.js'
import { type Findings, isSet, type Members, membersOf, structsOf, textOf } from './findings.js'

type CheckSource = (source: Members, field: string, to: Findings) => void

const modeText = 'must be a number between 0 and 0777 (octal), both inclusive'

function checkMode(mode: unknown, field: string, to: Findings): void {
  if (typeof mode === 'number' && (mode < 0 || mode > 0o777)) to.invalid(field, mode, modeText)
}

/** A path below the mount: relative, without `..`. */
function checkLocalPath(path: string, field: string, to: Findings): void {
  if (path.startsWith('/')) to.invalid(field, path, 'must be a relative path')
  checkNoDots(path, field, to)
}

function checkNoDots(path: string, field: string, to: Findings): void {
  if (path.split('/').includes('..')) to.invalid(field, path, "must not contain '..'")
}

function checkItems(items: unknown, field: string, to: Findings): void {
  for (const [index, item] of structsOf(items).entries()) {
    const at = `${field}[${index}]`
    to.text(`${at}.key`, item['key'])
    if (to.text(`${at}.path`, item['path'])) checkLocalPath(textOf(item['path']), `${at}.path`, to)
    checkMode(item['mode'], `${at}.mode`, to)
  }
}

const configured =
  (name: string): CheckSource =>
  (source, field, to) => {
    to.text(`${field}.${name}`, source[name])
    checkMode(source['defaultMode'], `${field}.defaultMode`, to)
    checkItems(source['items'], `${field}.items`, to)
  }

const hostPathTypes = ['', 'BlockDevice', 'CharDevice', 'Directory', 'DirectoryOrCreate', 'File', 'FileOrCreate', 'Socket']

export const hostPath: CheckSource = (source, field, to) => {
  const path = textOf(source['path'])
  if (to.text(`${field}.path`, path)) checkNoDots(path, `${field}.path`, to)
  to.oneOf(`${field}.type`, source['type'], hostPathTypes)
}

const projected: CheckSource = (source, field, to) => {
  checkMode(source['defaultMode'], `${field}.defaultMode`, to)
  for (const [index, part] of structsOf(source['sources']).entries()) {
    const at = `${field}.sources[${index}]`
    for (const kind of ['secret', 'configMap']) {
      if (!isSet(part[kind])) continue
      to.text(`${at}.${kind}.name`, membersOf(part[kind])['name'])
      checkItems(membersOf(part[kind])['items'], `${at}.${kind}.items`, to)
    }
    if (!isSet(part['serviceAccountToken'])) continue
    const token = membersOf(part['serviceAccountToken'])
    const seconds = token['expirationSeconds']
    if (isNumber(seconds) && seconds < 600) {
      to.invalid(`${at}.serviceAccountToken.expirationSeconds`, seconds, 'may not specify a duration less than 10 minutes')
    } else if (isNumber(seconds) && seconds > 2 ** 32) {
      to.invalid(`${at}.serviceAccountToken.expirationSeconds`, seconds, 'may not specify a duration larger than 2^32 seconds')
    }
    if (textOf(token['path']) === '') to.required(`${field}.path`)
  }
}

const sources: Readonly<Record<string, CheckSource>> = {
  hostPath,
  configMap: configured('name'),
  secret: configured('secretName'),
  projected,
  persistentVolumeClaim: (source, field, to) => {
    to.text(`${field}.claimName`, source['claimName'])
  },
  emptyDir: () => {},
  downwardAPI: (source, field, to) => {
    checkMode(source['defaultMode'], `${field}.defaultMode`, to)
    for (const item of structsOf(source['items'])) {
      if (to.text(`${field}.path`, item['path'])) checkLocalPath(textOf(item['path']), `${field}.path`, to)
      if (isSet(item['fieldRef'])) checkFieldRef(membersOf(item['fieldRef']), `${field}.fieldRef`, to)
      else if (!isSet(item['resourceFieldRef']))
        to.required(`${field}.fieldRef`, 'one of fieldRef and resourceFieldRef is required')
      checkMode(item['mode'], `${field}.mode`, to)
    }
  },
  csi: (source, field, to) => {
    to.text(`${field}.driver`, source['driver'])
  },
  ephemeral: (source, field, to) => {
    if (!isSet(source['volumeClaimTemplate'])) to.required(`${field}.volumeClaimTemplate`)
  },
  nfs: (source, field, to) => {
    to.text(`${field}.server`, source['server'])
    const path = textOf(source['path'])
    if (to.text(`${field}.path`, path) && !path.startsWith('/')) to.invalid(`${field}.path`, path, 'must be an absolute path')
  },
}

/** Gives the names of the volumes, for mounts to be checked against. */
export function checkVolumes(volumes: unknown, field: string, to: Findings): ReadonlySet<string> {
  const names = new Set<string>()
  for (const [index, volume] of structsOf(volumes).entries()) {
    const at = `${field}[${index}]`
    checkSource(volume, at, to)
    const name = textOf(volume['name'])
    if (!to.text(`${at}.name`, name)) continue
    const reasons = explainDns1123Label(name)
    to.explain(`${at}.name`, name, reasons)
    if (names.has(name)) to.duplicate(`${at}.name`, name)
    if (reasons.length === 0) names.add(name)
  }
  return names
}

function checkSource(volume: Members, at: string, to: Findings): void {
  // In the order of upstream's checks: the first one is the one that counts.
  const order = ['emptyDir', 'hostPath', ...Object.keys(volume)]
  const given = [...new Set(order)].filter((key) => key !== 'name' && isSet(volume[key]))
  if (given.length === 0) to.required(at, 'must specify a volume type')
  for (const [index, kind] of given.entries()) {
    if (index > 0) to.forbidden(`${at}.${kind}`, 'may not specify more than 1 volume type')
    else sources[kind]?.(membersOf(volume[kind]), `${at}.${kind}`, to)
  }
}

/** The sources of a PersistentVolume: one of those that are not settings. */
export function checkVolumeSource(spec: Members, kinds: readonly string[], field: string, to: Findings): void {
  const given = kinds.filter((kind) => isSet(spec[kind]))
  if (given.length === 0) to.required(field, 'must specify a volume type')
  for (const [index, kind] of given.entries()) {
    const volume = field === 'spec'
    if (volume && kind === 'flexVolume') to.text('spec.flexVolume.driver', membersOf(spec[kind])['driver'])
    else if (index > 0) {
      // Upstream spells this one so for PersistentVolumes.
      const shown = volume && kind === 'cephfs' ? 'cephFS' : kind
      to.forbidden(`${field}.${shown}`, 'may not specify more than 1 volume type')
    } else sources[kind]?.(membersOf(spec[kind]), `${field}.${kind}`, to)
  }
}
