import type { ClientPorts } from '../client-ports.js'

export type IniSections = ReadonlyMap<string, Readonly<Record<string, string>>>

/** A profile as ~/.aws/config and ~/.aws/credentials have it together (credentials win). */
export type AwsProfile = Readonly<Record<string, string>>

/** Reads AWS's INI dialect: `[section]`, `key = value`, `#` and `;` comments; nested (indented) values are left out. */
export function parseIni(text: string): IniSections {
  const sections = new Map<string, Record<string, string>>()
  let current: Record<string, string> | undefined
  for (const line of text.split(/\r?\n/)) {
    const header = /^\s*\[\s*([^\]]+?)\s*\]/.exec(line)
    if (header) {
      const name = header[1] ?? ''
      current = sections.get(name) ?? {}
      sections.set(name, current)
      continue
    }
    const pair = /^([A-Za-z0-9_.-]+)\s*=\s*(.*?)\s*$/.exec(line)
    if (pair && current) current[(pair[1] ?? '').toLowerCase()] = (pair[2] ?? '').replace(/\s+[#;].*$/, '')
  }
  return sections
}

/** The profiles of the user; files that are not there count as empty. */
export async function readAwsProfiles(ports: ClientPorts): Promise<ReadonlyMap<string, AwsProfile>> {
  const home = ports.env['HOME'] ?? ports.env['USERPROFILE'] ?? ''
  const read = (path: string) => ports.readFile(path).then(parseIni, () => new Map() as IniSections)
  const config = await read(ports.env['AWS_CONFIG_FILE'] || `${home}/.aws/config`)
  const credentials = await read(ports.env['AWS_SHARED_CREDENTIALS_FILE'] || `${home}/.aws/credentials`)
  const profiles = new Map<string, AwsProfile>()
  for (const [section, values] of config) {
    // [default] and [profile x] in the config file; [sso-session x] and the like are no profiles.
    const name = section === 'default' ? section : /^profile\s+(.+)$/.exec(section)?.[1]
    if (name !== undefined) profiles.set(name, values)
  }
  for (const [name, values] of credentials) profiles.set(name, { ...profiles.get(name), ...values })
  return profiles
}
