/** A repository as kustomize reads it out of the address of a base: where it is, and which directory of which revision. */
export interface RepositoryUrl {
  /** What git is given. */
  readonly repository: string
  /** Directory below its root, '' for the root. */
  readonly path: string
  /** `?ref=` or `?version=`; '' for the default branch. */
  readonly ref: string
  readonly timeoutSeconds: number
  readonly submodules: boolean
}

const defaultTimeoutSeconds = 27

/** Undefined for what is no address of a repository: a path, or an address with too few parts. */
export function parseRepositoryUrl(text: string): RepositoryUrl | undefined {
  if (text.startsWith('/')) return undefined
  const question = text.indexOf('?')
  const address = question === -1 ? text : text.slice(0, question)
  const host = splitHost(address.replace(/^git::/i, ''))
  if (host === undefined) return undefined
  const parts = splitPath(host.rest, host.isFile)
  if (parts === undefined || parts.repository === '') return undefined
  const path = normalPath(parts.path)
  if (path === undefined) return undefined
  return { repository: host.host + parts.repository, path, ...parseQuery(question === -1 ? '' : text.slice(question + 1)) }
}

/** True for the address of a file on a web server. */
export function isWebAddress(text: string): boolean {
  return /^https?:\/\//i.test(text)
}

function splitHost(text: string): { host: string; rest: string; isFile: boolean } | undefined {
  const scheme = /^(?:ssh|https?|file):\/\//i.exec(text)?.[0].toLowerCase() ?? ''
  let rest = text.slice(scheme.length)
  const user = /^[a-zA-Z][a-zA-Z0-9-]*@/.exec(rest)?.[0] ?? ''
  if (scheme === 'file://') return { host: scheme, rest, isFile: true }
  rest = rest.slice(user.length)
  const isGithub = /^github\.com[/:]/i.test(rest)
  const acceptsColon = scheme === '' && (user !== '' || isGithub)
  if (scheme === '' && !acceptsColon) return undefined
  const slash = rest.indexOf('/')
  const colon = rest.indexOf(':')
  const end = acceptsColon && (slash === -1 || (colon > 0 && colon < slash)) ? colon : slash
  const host = end === -1 ? rest : rest.slice(0, end + 1)
  const below = end === -1 ? '' : rest.slice(end + 1)
  if (host === '') return undefined
  if (!isGithub) return { host: scheme + user + host, rest: below, isFile: false }
  const overSsh = scheme === 'ssh://' || user !== ''
  return { host: overSsh ? `${user}github.com:` : 'https://github.com/', rest: below, isFile: false }
}

/** The repository ends at `_git/NAME`, at `//`, behind `.git`, or after two parts. */
function splitPath(text: string, isFile: boolean): { repository: string; path: string } | undefined {
  const azure = text.indexOf('_git/')
  if (azure !== -1) {
    const start = azure + '_git/'.length
    const [name, ...rest] = text.slice(start).split('/')
    return { repository: text.slice(0, start) + name!, path: rest.join('/') }
  }
  const double = text.indexOf('//')
  if (double !== -1) return { repository: text.slice(0, double), path: text.slice(double + 2) }
  const suffix = text.indexOf('.git')
  if (suffix !== -1) return { repository: text.slice(0, suffix + 4), path: text.slice(suffix + 4) }
  if (isFile) return { repository: text, path: '' }
  const parts = text.split('/')
  return parts.length < 2 ? undefined : { repository: parts.slice(0, 2).join('/'), path: parts.slice(2).join('/') }
}

/** Undefined for a path that leads out of the repository. */
function normalPath(path: string): string | undefined {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '' || part === '.') continue
    if (part !== '..') parts.push(part)
    else if (parts.pop() === undefined) return undefined
  }
  return parts.join('/')
}

function parseQuery(query: string): Pick<RepositoryUrl, 'ref' | 'timeoutSeconds' | 'submodules'> {
  const values = new Map<string, string>()
  for (const pair of query.split('&')) {
    const at = pair.indexOf('=')
    const name = at === -1 ? pair : pair.slice(0, at)
    if (values.has(name)) continue
    try {
      values.set(name, decodeURIComponent((at === -1 ? '' : pair.slice(at + 1)).replaceAll('+', ' ')))
    } catch {
      return { ref: '', timeoutSeconds: defaultTimeoutSeconds, submodules: true }
    }
  }
  const submodules = values.get('submodules') ?? ''
  return {
    ref: values.get('ref') || values.get('version') || '',
    timeoutSeconds: secondsOf(values.get('timeout') ?? '') || defaultTimeoutSeconds,
    submodules: !/^(0|f|F|false|False|FALSE)$/.test(submodules),
  }
}

const units: Readonly<Record<string, number>> = { ns: 1e-9, us: 1e-6, µs: 1e-6, ms: 1e-3, s: 1, m: 60, h: 3600 }

/** `61`, `61s`, `1m30s`; 0 for what is neither. */
function secondsOf(text: string): number {
  if (/^\d+$/.test(text)) return Number(text)
  if (!/^(?:\d+(?:\.\d+)?(?:ns|us|µs|ms|s|m|h))+$/.test(text)) return 0
  let seconds = 0
  for (const [, amount, unit] of text.matchAll(/(\d+(?:\.\d+)?)(ns|us|µs|ms|s|m|h)/g)) seconds += Number(amount) * units[unit!]!
  return seconds
}
