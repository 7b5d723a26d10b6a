import { normalizeName } from '../../../../formats/go-template/profiles.js'
import { baseName } from '../../../../formats/go-template/sprig/paths.js'
import { typedList } from '../../../../formats/go-template/values.js'
import type { Params } from '../params.js'

/**
 * What the git generator tells of a path: `path.path`, `path.basename` ... in Go-template mode, `path`, `path.basename`,
 * `path[0]` ... in the other. `prefix` puts them below a name of its own, so that two git generators fit in a matrix.
 */
export function pathParams(
  directory: string,
  filename: string | undefined,
  prefix: string | undefined,
  goTemplate: boolean,
): Params {
  const basename = baseName(directory)
  const segments = directory.split('/')
  const hasPrefix = prefix !== undefined && prefix !== ''
  if (goTemplate) {
    const path: Params = {
      path: directory,
      basename,
      basenameNormalized: normalizeName(basename),
      segments: typedList('[]string', segments),
    }
    if (filename !== undefined) {
      path['filename'] = filename
      path['filenameNormalized'] = normalizeName(filename)
    }
    return hasPrefix ? { [prefix]: { path } } : { path }
  }
  const name = hasPrefix ? `${prefix}.path` : 'path'
  const params: Params = {
    [name]: directory,
    [`${name}.basename`]: basename,
    [`${name}.basenameNormalized`]: normalizeName(basename),
  }
  if (filename !== undefined) {
    params[`${name}.filename`] = filename
    params[`${name}.filenameNormalized`] = normalizeName(filename)
  }
  for (const [index, segment] of segments.entries()) if (segment !== '') params[`${name}[${index}]`] = segment
  return params
}
