import type { StatusCause } from '../../../kube/object/status-error.js'
import { fieldCauses } from '../../../kube/schema/field-cause.js'

export type Level = 'privileged' | 'baseline' | 'restricted'

export interface LevelVersion {
  readonly level: Level
  /** `latest` or `v1.N`. Every version is judged by the checks of the latest. */
  readonly version: string
}

export interface PodPolicy {
  readonly enforce: LevelVersion
  readonly audit: LevelVersion
  readonly warn: LevelVersion
}

const prefix = 'pod-security.kubernetes.io/'
const levels: readonly Level[] = ['privileged', 'baseline', 'restricted']
const open: LevelVersion = { level: 'privileged', version: 'latest' }
const privileged: { policy: PodPolicy; causes: readonly StatusCause[] } = {
  policy: { enforce: open, audit: open, warn: open },
  causes: [],
}

export function strictness(level: Level): number {
  return levels.indexOf(level)
}

export function formatLevel({ level, version }: LevelVersion): string {
  return `${level}:${version}`
}

/**
 * What the labels of a namespace ask for, and what is wrong with them. A level that is none counts as the strictest for
 * enforce, and as no level for audit and warn. Whoever enforces is warned too.
 */
export function readPolicy(labels: Readonly<Record<string, string>> | undefined): {
  policy: PodPolicy
  causes: readonly StatusCause[]
} {
  if (labels === undefined || !Object.keys(labels).some((key) => key.startsWith(prefix))) return privileged
  const causes: StatusCause[] = []
  const invalid = (key: string, why: string) =>
    causes.push(fieldCauses.invalid(`metadata.labels[${prefix}${key}]`, labels[prefix + key], why))
  const read = (mode: 'enforce' | 'audit' | 'warn', otherwise: Level): LevelVersion & { given: boolean; versioned: boolean } => {
    const level = labels[prefix + mode]
    const version = labels[`${prefix + mode}-version`]
    const known = levels.find((candidate) => candidate === level)
    if (level !== undefined && known === undefined) invalid(mode, `must be one of ${levels.join(', ')}`)
    const goodVersion = version === undefined || version === 'latest' || /^v1\.\d+$/.test(version)
    if (!goodVersion) invalid(`${mode}-version`, 'must be "latest" or "v1.x"')
    return {
      level: level === undefined ? 'privileged' : (known ?? otherwise),
      version: goodVersion ? (version ?? 'latest') : 'latest',
      given: mode === 'warn' ? level !== undefined : known !== undefined,
      versioned: version !== undefined,
    }
  }
  const enforce = read('enforce', 'restricted')
  const audit = read('audit', 'privileged')
  const warn = read('warn', 'privileged')
  const follows = !warn.given && enforce.given && strictness(enforce.level) > strictness(warn.level)
  const plain = ({ level, version }: LevelVersion): LevelVersion => ({ level, version })
  return {
    policy: {
      enforce: plain(enforce),
      audit: plain(audit),
      warn: follows ? { level: enforce.level, version: warn.versioned ? warn.version : enforce.version } : plain(warn),
    },
    causes,
  }
}
