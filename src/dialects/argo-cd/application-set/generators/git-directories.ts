import { messageOf } from '../../../../base/errors.js'
import type { Tree } from '../../../../delivery/render/tree.js'
import type { Matcher } from '../../../../formats/glob/glob-regex.js'
import { compilePathMatch } from '../../../../formats/glob/path-match.js'
import type { GitGenerator } from '../../kinds/application-set.js'
import type { Params } from '../params.js'
import { addTemplatedValues } from '../template-values.js'
import type { GeneratorContext } from './contract.js'
import { pathParams } from './git-path-params.js'

/**
 * One set for each directory that a pattern takes and no excluding pattern does, whatever their order. Hidden directories
 * and what is below them do not count. A malformed pattern throws: upstream lets it take nothing, so that a slip in it deletes
 * the applications that it stood for.
 */
export async function generateFromDirectories(git: GitGenerator, tree: Tree, context: GeneratorContext): Promise<Params[]> {
  const includes: Matcher[] = []
  const excludes: Matcher[] = []
  let depth = 0
  for (const item of git.directories ?? []) {
    try {
      const matcher = compilePathMatch(item.path)
      if (item.exclude === true) excludes.push(matcher)
      else {
        includes.push(matcher)
        depth = Math.max(depth, item.path.split('/').length)
      }
    } catch (error) {
      throw new Error(`git.directories: ${messageOf(error)}`, { cause: error })
    }
  }
  const sets: Params[] = []
  for (const path of await directoriesOf(tree, depth)) {
    if (!includes.some((matches) => matches(path)) || excludes.some((matches) => matches(path))) continue
    const params = pathParams(path, undefined, git.pathParamPrefix, context.text.goTemplate)
    addTemplatedValues(git.values, params, context.text)
    sets.push(params)
  }
  return sets
}

/** Directories in walking order, no deeper than patterns can reach: stars do not cross slashes. */
async function directoriesOf(tree: Tree, depth: number): Promise<string[]> {
  const found: string[] = []
  const walk = async (folder: string, level: number): Promise<void> => {
    if (level > depth) return
    for (const entry of (await tree.list(folder)) ?? []) {
      if (entry.kind !== 'directory' || entry.name.startsWith('.')) continue
      const path = folder === '' ? entry.name : `${folder}/${entry.name}`
      found.push(path)
      await walk(path, level + 1)
    }
  }
  await walk('', 1)
  return found
}
