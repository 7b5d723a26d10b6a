import { UsageError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { parseYaml } from '../../formats/yaml/parse-yaml.js'
import type { EnableOptions } from './enable-type.js'

type Wanted = Omit<EnableOptions, 'namespace'>

/** Which kind to enable and how: by an EnableTypeDirective, whose fields then count alone, or by name and flags. */
export function readDirective(
  name: string | undefined,
  flags: { version?: string; federatedGroup?: string; federatedVersion?: string },
  text: string | undefined,
): Wanted {
  if (text !== undefined) {
    const directive = parseYaml(text)
    const metadata = isObject(directive) && isObject(directive['metadata']) ? directive['metadata'] : {}
    const spec = isObject(directive) && isObject(directive['spec']) ? directive['spec'] : {}
    return wantedOf(metadata['name'], {
      version: spec['targetVersion'],
      federatedGroup: spec['federatedGroup'],
      federatedVersion: spec['federatedVersion'],
    })
  }
  return wantedOf(name, flags)
}

function wantedOf(name: unknown, fields: Record<string, unknown>): Wanted {
  if (typeof name !== 'string' || name === '')
    throw new UsageError({
      code: 'enable-what',
      message: 'the name of the kind is missing',
      fix: 'Run flotilla kubefed enable deployments.apps, or name it in metadata.name of the file.',
    })
  const given = Object.entries(fields).filter(([, value]) => typeof value === 'string' && value !== '')
  return { name, ...(Object.fromEntries(given) as Partial<Wanted>) }
}
