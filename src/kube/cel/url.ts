import { type CelLibrary, type FunctionDeclaration, member, overload } from '../../formats/cel/check/declarations.js'
import { boolType, libraryType, listType, mapType, stringType } from '../../formats/cel/types/type-node.js'
import { CelFailure, CelLibraryValue, noSuchOverload, type Value, ValueList, ValueMap } from '../../formats/cel/values/values.js'
import { checkRequestUri, escapedPath, formatUrl, type GoUrl, parseUrl, queryValues, splitHost, UrlProblem } from './go-url.js'

class UrlValue extends CelLibraryValue {
  readonly typeName = 'kubernetes.URL'
  readonly url: GoUrl
  constructor(url: GoUrl) {
    super()
    this.url = url
  }
  equals(other: CelLibraryValue): Value {
    return other instanceof UrlValue ? formatUrl(this.url) === formatUrl(other.url) : noSuchOverload
  }
}

function read(text: string): Value {
  try {
    return new UrlValue(parseUrl(text))
  } catch (error) {
    if (!(error instanceof UrlProblem)) throw error
    return new CelFailure(`URL parse error during conversion from string: ${error.message}`)
  }
}

/** What is wrong with a request URI; undefined when nothing is. */
export function requestUriProblem(text: string): string | undefined {
  try {
    checkRequestUri(text)
    return undefined
  } catch (error) {
    if (!(error instanceof UrlProblem)) throw error
    return error.message
  }
}

const type = libraryType('kubernetes.URL')

function part(name: string, id: string, get: (url: GoUrl) => string): FunctionDeclaration {
  return { name, overloads: [member(id, [type], stringType, (value) => get((value as UrlValue).url))] }
}

export const urlLibrary: CelLibrary = {
  functions: [
    { name: 'url', overloads: [overload('string_to_url', [stringType], type, (text) => read(text as string))] },
    part('getScheme', 'url_get_scheme', (url) => url.scheme),
    part('getHost', 'url_get_host', (url) => url.host),
    part('getHostname', 'url_get_hostname', (url) => splitHost(url.host).name),
    part('getPort', 'url_get_port', (url) => splitHost(url.host).port),
    part('getEscapedPath', 'url_get_escaped_path', escapedPath),
    {
      name: 'getQuery',
      overloads: [
        member('url_get_query', [type], mapType(stringType, listType(stringType)), (value) =>
          ValueMap.of([...queryValues((value as UrlValue).url.query)].map(([key, all]) => [key, new ValueList(all)] as const)),
        ),
      ],
    },
    {
      name: 'isURL',
      overloads: [overload('is_url_string', [stringType], boolType, (text) => requestUriProblem(text as string) === undefined)],
    },
  ],
}
