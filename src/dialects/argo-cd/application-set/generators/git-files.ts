import { compareText } from '../../../../base/compare-text.js'
import { isObject, setOwn } from '../../../../base/json.js'
import type { Tree } from '../../../../delivery/render/tree.js'
import { redactUrl } from '../../../../delivery/source/git-url.js'
import { compileDoublestar } from '../../../../formats/glob/doublestar.js'
import { compileGitPathMatch } from '../../../../formats/glob/greedy-glob.js'
import { baseName, directoryName } from '../../../../formats/go-template/sprig/paths.js'
import { parseYamlDocuments } from '../../../../formats/yaml/parse-yaml.js'
import type { GitGenerator } from '../../kinds/application-set.js'
import { flattenValues, type Params } from '../params.js'
import { addTemplatedValues } from '../template-values.js'
import type { GeneratorContext } from './contract.js'
import { pathParams } from './git-path-params.js'

/**
 * One set for each object in each JSON or YAML file that a pattern takes and no excluding pattern does, by path. A file
 * holds an object or a list of objects; an empty one gives a set with only its path.
 */
export async function generateFromFiles(git: GitGenerator, tree: Tree, context: GeneratorContext): Promise<Params[]> {
  const compile = context.newGitFileGlobbing ? compileDoublestar : compileGitPathMatch
  const patterns = git.files ?? []
  const includes = patterns.filter((item) => item.exclude !== true).map((item) => item.path)
  const matchers = includes.map(compile)
  const excludes = patterns.filter((item) => item.exclude === true).map((item) => compile(item.path))
  const paths = new Set<string>()
  for (const [index, pattern] of includes.entries()) {
    for (const path of await filesBelow(tree, literalFolder(pattern))) if (matchers[index]!(path)) paths.add(path)
  }
  const sets: Params[] = []
  for (const path of [...paths].sort(compareText)) {
    if (excludes.some((matches) => matches(path))) continue
    const content = await tree.read(path)
    if (content === undefined) throw new Error(`${path} in ${redactUrl(git.repoURL)}: the file cannot be read`)
    for (const object of objectsOf(content, path, git.repoURL)) sets.push(fileParams(object, path, git, context))
  }
  return sets
}

function fileParams(object: Params, path: string, git: GitGenerator, context: GeneratorContext): Params {
  const params: Params = {}
  const content = context.text.goTemplate ? object : flattenValues(object)
  for (const key of Object.keys(content)) setOwn(params, key, content[key])
  const paths = pathParams(directoryName(path), baseName(path), git.pathParamPrefix, context.text.goTemplate)
  for (const key of Object.keys(paths)) setOwn(params, key, paths[key])
  addTemplatedValues(git.values, params, context.text)
  return params
}

function objectsOf(content: Uint8Array, path: string, url: string): Params[] {
  const where = `unable to process file '${path}' from repository '${redactUrl(url)}'`
  let value: unknown
  try {
    value = parseYamlDocuments(new TextDecoder().decode(content), { source: path })[0]?.value ?? null
  } catch (error) {
    throw new Error(`${where}: ${error instanceof Error ? error.message : String(error)}`)
  }
  if (value === null) return [{}]
  if (isObject(value)) return [value]
  if (Array.isArray(value) && value.every((item) => item === null || isObject(item))) {
    return value.map((item) => (isObject(item) ? item : {}))
  }
  throw new Error(
    `${where}: expected an object or a list of objects, found ${Array.isArray(value) ? 'a list with other things in it' : typeof value}`,
  )
}

/** The folder that everything a pattern takes is below: its path up to the first wildcard. */
function literalFolder(pattern: string): string {
  const literal = /^[^*?[{\\]*/.exec(pattern)![0]
  if (literal !== pattern) return cleanFolder(literal.slice(0, literal.lastIndexOf('/') + 1))
  return cleanFolder(pattern.slice(0, pattern.replace(/\/+$/, '').lastIndexOf('/') + 1))
}

function cleanFolder(folder: string): string {
  return folder
    .split('/')
    .filter((part) => part !== '' && part !== '.')
    .join('/')
}

async function filesBelow(tree: Tree, folder: string): Promise<string[]> {
  const found: string[] = []
  for (const entry of (await tree.list(folder)) ?? []) {
    const path = folder === '' ? entry.name : `${folder}/${entry.name}`
    if (entry.kind === 'directory') found.push(...(await filesBelow(tree, path)))
    else if (entry.kind === 'file') found.push(path)
  }
  return found
}
