import { messageOf, UsageError } from '../../base/errors.js'
import { isObject } from '../../base/json.js'
import { compileGlob } from '../../formats/glob/plain-glob.js'
import { parseYaml } from '../../formats/yaml/parse-yaml.js'
import type { ImageRule, LocalCommand } from './image-table.js'

export interface PodsConfig {
  readonly images: readonly ImageRule[]
  readonly mostProcesses?: number
}

/**
 * Reads the file that says which images are local commands. Strict: a key that is not known, or a value that is not as it
 * has to be, is an error that names its place, since what stands here is executed.
 */
export function parsePodsConfig(text: string, file: string): PodsConfig {
  const wrong = (place: string, why: string) =>
    new UsageError({
      code: 'bad-pods-config',
      message: `${file}: ${place}: ${why}`,
      fix: 'The format is described in docs/reference/pods.md.',
    })
  let document: unknown
  try {
    document = parseYaml(text)
  } catch (error) {
    throw wrong('no YAML', messageOf(error))
  }
  if (document === null || document === undefined) return { images: [] }
  if (!isObject(document)) throw wrong('the document', 'a map with `images` is expected')
  onlyKeys(document, ['images', 'mostProcesses'], 'the document', wrong)
  const { images = [], mostProcesses } = document
  if (!Array.isArray(images)) throw wrong('images', 'a list is expected')
  if (mostProcesses !== undefined && !(Number.isInteger(mostProcesses) && Number(mostProcesses) >= 0)) {
    throw wrong('mostProcesses', 'a whole number from 0 on is expected')
  }
  return {
    images: images.map((entry, index) => readRule(entry, `images[${index}]`, wrong)),
    ...(mostProcesses === undefined ? {} : { mostProcesses: Number(mostProcesses) }),
  }
}

type Wrong = (place: string, why: string) => UsageError

function readRule(entry: unknown, place: string, wrong: Wrong): ImageRule {
  if (!isObject(entry)) throw wrong(place, 'a map with `match` and `run` is expected')
  const { match, run } = entry
  if (typeof match !== 'string' || match === '') throw wrong(`${place}.match`, 'a glob on the name of an image is expected')
  try {
    compileGlob(match)
  } catch (error) {
    throw wrong(`${place}.match`, messageOf(error))
  }
  if (run === 'simulated' || run === 'none') {
    onlyKeys(entry, ['match', 'run'], place, wrong)
    return { match, run }
  }
  if (run !== 'process') throw wrong(`${place}.run`, '`simulated`, `process` or `none` is expected')
  onlyKeys(entry, ['match', 'run', 'command', 'workingDirectory', 'env', 'args', 'exec'], place, wrong)
  return { match, run, command: readCommand(entry, place, wrong) }
}

function readCommand(entry: Record<string, unknown>, place: string, wrong: Wrong): LocalCommand {
  const { workingDirectory, args = 'ignore' } = entry
  const command = texts(entry['command'], `${place}.command`, wrong)
  if (command.length === 0) throw wrong(`${place}.command`, 'a list with the program and its arguments is expected')
  if (workingDirectory !== undefined && (typeof workingDirectory !== 'string' || !workingDirectory.startsWith('/'))) {
    throw wrong(`${place}.workingDirectory`, 'an absolute path is expected')
  }
  if (args !== 'ignore' && args !== 'append') throw wrong(`${place}.args`, '`ignore` or `append` is expected')
  const env = entry['env'] ?? {}
  if (!isObject(env)) throw wrong(`${place}.env`, 'a map of texts is expected')
  for (const [name, value] of Object.entries(env)) {
    if (typeof value !== 'string') throw wrong(`${place}.env.${name}`, 'a text is expected: put it in quotes')
  }
  return {
    command,
    ...(workingDirectory === undefined ? {} : { workingDirectory }),
    env: env as Record<string, string>,
    args,
    exec: entry['exec'] === undefined ? [] : texts(entry['exec'], `${place}.exec`, wrong),
  }
}

function texts(value: unknown, place: string, wrong: Wrong): string[] {
  if (!Array.isArray(value) || !value.every((item) => typeof item === 'string' && item !== '')) {
    throw wrong(place, 'a list of texts is expected')
  }
  return value as string[]
}

function onlyKeys(value: Record<string, unknown>, keys: readonly string[], place: string, wrong: Wrong): void {
  const other = Object.keys(value).find((key) => !keys.includes(key))
  if (other !== undefined) throw wrong(place, `${JSON.stringify(other)} is not known; known are ${keys.join(', ')}`)
}
