import { type CelLibrary, member, overload } from '../../formats/cel/check/declarations.js'
import { libraryType, listType, optionalType, stringType } from '../../formats/cel/types/type-node.js'
import { base64Bytes } from '../../formats/cel/values/base64.js'
import { parseTimestamp } from '../../formats/cel/values/time.js'
import {
  CelFailure,
  CelLibraryValue,
  CelOptional,
  noSuchOverload,
  optionalNone,
  type Value,
  ValueList,
} from '../../formats/cel/values/values.js'
import {
  explainDns1035Label,
  explainDns1123Label,
  explainDns1123Subdomain,
  explainLabelValue,
  explainQualifiedName,
} from '../object/names.js'
import { requestUriProblem } from './url.js'

/** A format with a name. `patternSize` is what its pattern counts for in the cost of a check. */
export class FormatValue extends CelLibraryValue {
  readonly typeName = 'kubernetes.NamedFormat'
  readonly name: string
  readonly patternSize: number
  readonly explain: (text: string) => readonly string[]
  constructor(name: string, patternSize: number, explain: (text: string) => readonly string[]) {
    super()
    this.name = name
    this.patternSize = patternSize
    this.explain = explain
  }
  equals(other: CelLibraryValue): Value {
    return other instanceof FormatValue ? this.name === other.name : noSuchOverload
  }
}

/** The name of a generated object may end with a dash. */
function asPrefix(explain: (text: string) => readonly string[]): (text: string) => readonly string[] {
  return (text) => explain(text.length > 1 && text.endsWith('-') ? `${text.slice(0, -2)}a` : text)
}

function valid(holds: (text: string) => boolean, otherwise: string): (text: string) => readonly string[] {
  return (text) => (holds(text) ? [] : [otherwise])
}

const uuid = /^[0-9a-f]{8}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{4}-?[0-9a-f]{12}$/i

function isTime(text: string): boolean {
  const time = parseTimestamp(text)
  return time !== undefined && !(time instanceof CelFailure)
}

const formats = new Map<string, FormatValue>(
  Object.entries({
    dns1123Label: new FormatValue('DNS1123Label', 30, explainDns1123Label),
    dns1123Subdomain: new FormatValue('DNS1123Subdomain', 60, explainDns1123Subdomain),
    dns1035Label: new FormatValue('DNS1035Label', 30, explainDns1035Label),
    qualifiedName: new FormatValue('QualifiedName', 60, explainQualifiedName),
    dns1123LabelPrefix: new FormatValue('DNS1123LabelPrefix', 30, asPrefix(explainDns1123Label)),
    dns1123SubdomainPrefix: new FormatValue('DNS1123SubdomainPrefix', 60, asPrefix(explainDns1123Subdomain)),
    dns1035LabelPrefix: new FormatValue('DNS1035LabelPrefix', 30, asPrefix(explainDns1035Label)),
    labelValue: new FormatValue('LabelValue', 40, explainLabelValue),
    uri: new FormatValue('URI', 1103, (text) => {
      const problem = requestUriProblem(text)
      return problem === undefined ? [] : [problem]
    }),
    uuid: new FormatValue(
      'uuid',
      72,
      valid((text) => uuid.test(text), 'does not match the UUID format'),
    ),
    byte: new FormatValue(
      'byte',
      84,
      valid((text) => text !== '' && base64Bytes(text) !== undefined, 'invalid base64'),
    ),
    date: new FormatValue(
      'date',
      72,
      valid((text) => /^\d{4}-\d{2}-\d{2}$/.test(text) && isTime(`${text}T00:00:00Z`), 'invalid date'),
    ),
    datetime: new FormatValue('datetime', 72, valid(isTime, 'invalid datetime')),
  }),
)

function validate(format: Value, text: Value): Value {
  const wrong = (format as FormatValue).explain(text as string)
  return wrong.length === 0 ? optionalNone : new CelOptional(new ValueList([...wrong]))
}

const type = libraryType('kubernetes.NamedFormat')

export const formatLibrary: CelLibrary = {
  functions: [
    ...[...formats].map(([name, format]) => ({
      name: `format.${name}`,
      overloads: [overload(`format.${name}`, [], type, () => format)],
    })),
    {
      name: 'validate',
      overloads: [
        member('format-validate', [type, stringType], optionalType(listType(stringType)), (format, text) =>
          validate(format!, text!),
        ),
      ],
    },
    {
      name: 'format.named',
      overloads: [
        overload('format-named', [stringType], optionalType(type), (name) => {
          const format = formats.get(name as string)
          return format === undefined ? optionalNone : new CelOptional(format)
        }),
      ],
    },
  ],
}
