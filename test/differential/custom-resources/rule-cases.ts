import type { Case, Step } from '../case.js'
import { definitionBody, definitions, type Members } from './definition-body.js'

const steps: Step[] = []
const V = 'x-kubernetes-validations'
const o = (properties: Members, more: Members = {}): Members => ({ type: 'object', properties, ...more })
const r = (...rules: (string | Members)[]) => rules.map((rule) => (typeof rule === 'string' ? { rule } : rule))
const S = (rules: (string | Members)[], more: Members = {}): Members =>
  o({
    spec: o(
      { a: { type: 'string' }, n: { type: 'integer' }, m: { type: 'integer' }, l: { type: 'array', items: { type: 'string' } } },
      { [V]: r(...rules), ...more },
    ),
  })

/** Asks whether a definition with the schema would be accepted. */
function accept(_about: string, schema: Members): void {
  steps.push({ method: 'POST', path: definitions, query: { dryRun: 'All' }, body: definitionBody(steps.length, schema) })
}
for (const rule of [
  'self.a',
  'self.x == 1',
  'self.a == 1',
  'self.n > ',
  'foo(self)',
  'self.a.matches("(")',
  'self.n + self.a == 2',
  'oldSelf.n == 3',
  'self.l.all(x, x == 1)',
  'self.l.all(x, x.size() < 3)',
  'self.l.all(x, self.l.all(y, x == y))',
  'has(self.a) && self.a.startsWith("x")',
  'self.metadata.name == "a"',
  'self.l[0] == 3',
  '"a" in self.l',
  'self == self',
  'dyn(self.a) == 1',
  'quantity("1Gi").isGreaterThan(quantity("1"))',
  'isIP(self.a) && ip(self.a).family() == 4',
  'url("https://a").getHost() == "a"',
  'self.a.format([1]) == "x"',
  '"%s".format([self.a]) == "x"',
  'self.a.find("[a-z]+") == "a"',
  'self.l.isSorted()',
  'self.l.sum() == 1',
  'sets.contains(self.l, ["a"])',
  'self.?a.hasValue()',
  'optional.none().hasValue()',
  'cidr("10.0.0.0/8").containsIP("10.0.0.1")',
  'format.dns1123Label().validate(self.a).hasValue()',
  'self.l.transformList(i, v, v + "x").size() > 0',
  'type(self.a) == string',
  'duration("x") > duration("1h")',
  'timestamp("2020-01-01T00:00:00Z") < timestamp("2021-01-01T00:00:00Z")',
  'int("x") == 1',
  'now() == 1',
  'self.a.lowerAscii() == "x"',
  'true ? self.n : self.m',
  'self.n / 0 == 1',
  '[1,2].map(x, x * 2).exists(x, x == 4)',
  'authorizer.x == 1',
  'self.namespace == "x"',
  'jsonpatch.escapeKey("a") == "a"',
  'self.a == null',
  '{"a": 1}.a == 1',
  'Object{} == 1',
  "self.a.split(',').join('-') == 'x'",
  'math.greatest(1, 2) == 2',
  'base64.encode(b"x") == "x"',
  'self.l.max() == "a"',
  'self.l.indexOf("a") == 0',
  'self.l.reverse() == self.l',
  'strings.quote(self.a) == "x"',
  'self.l.distinct().size() == self.l.size()',
  'self.l.sort() == self.l',
  'self.l.slice(0, 1).size() == 1',
  'lists.range(3).size() == 3',
  '[[1],[2]].flatten().size() == 2',
]) {
  accept(`rule ${rule}`, S([rule]))
}

accept(
  'cost list',
  o({ spec: o({ l: { type: 'array', items: { type: 'string' } } }, { [V]: r('self.l.all(x, self.l.all(y, x == y))') }) }),
)
accept('cost nested item', o({ spec: { type: 'array', items: o({ s: { type: 'string', [V]: r('self.contains("aaaaaa")') } }) } }))
accept(
  'cost bounded',
  o({
    spec: { type: 'array', maxItems: 10, items: o({ s: { type: 'string', maxLength: 10, [V]: r('self.contains("aaaaaa")') } }) },
  }),
)
accept(
  'cost total',
  o({
    spec: o(
      Object.fromEntries(
        [...'abcdefghijklmnop'].map((k) => [k, { type: 'array', items: { type: 'string' }, [V]: r('self.all(x, x == "a")') }]),
      ),
    ),
  }),
)
accept(
  'cost 1.x',
  o({
    spec: {
      type: 'array',
      maxItems: 700,
      items: { type: 'string', maxLength: 700, [V]: r('self.matches("^[a-z]+(aaaa|bbbb)[a-z]*$")') },
    },
  }),
)
accept('uncorrelated', o({ spec: { type: 'array', items: o({ s: { type: 'string', [V]: r('oldSelf == self') } }) } }))
accept(
  'uncorrelated set',
  o({
    spec: {
      type: 'array',
      maxItems: 3,
      'x-kubernetes-list-type': 'set',
      items: { type: 'string', maxLength: 3, [V]: r('oldSelf == self') },
    },
  }),
)
accept(
  'correlated',
  o({
    spec: {
      type: 'array',
      maxItems: 3,
      'x-kubernetes-list-type': 'map',
      'x-kubernetes-list-map-keys': ['k'],
      items: o({ k: { type: 'string' }, s: { type: 'string', maxLength: 5, [V]: r('oldSelf == self') } }, { required: ['k'] }),
    },
  }),
)
accept('optionalOldSelf unused', S([{ rule: 'true', optionalOldSelf: true }]))
accept('optionalOldSelf', S([{ rule: '!oldSelf.hasValue() || oldSelf.value().n < self.n', optionalOldSelf: true }]))
accept(
  'message expr',
  S([
    { rule: 'true', messageExpression: 'self.n' },
    { rule: 'true', messageExpression: '"a" + self.x' },
    { rule: 'true', messageExpression: '"n is " + string(self.n)' },
  ]),
)
accept(
  'rule on scalar',
  o({
    spec: o({
      a: { type: 'string', maxLength: 10, [V]: r('self.size() > 2', 'self.x') },
      i: { 'x-kubernetes-int-or-string': true, [V]: r('type(self) == int ? self < 10 : self == "x"') },
      b: { type: 'boolean', [V]: r('self') },
      f: { type: 'number', [V]: r('self > 1.0', 'self > 1') },
      p: { type: 'object', 'x-kubernetes-preserve-unknown-fields': true, [V]: r('true', 'self.x == 1') },
      u: { 'x-kubernetes-preserve-unknown-fields': true, [V]: r('true') },
    }),
  }),
)
accept(
  'escape',
  o({
    spec: o(
      {
        'a-b': { type: 'string' },
        namespace: { type: 'string' },
        'x.y/z': { type: 'integer' },
        a__b: { type: 'string' },
        'bad name': { type: 'string', [V]: r('self == "x"') },
        '1x': { type: 'string' },
      },
      {
        [V]: r(
          "self.a__dash__b == 'x'",
          "self.__namespace__ == 'x'",
          'self.x__dot__y__slash__z == 1',
          "self.a__underscores__b == ''",
          'self.bad == 1',
        ),
      },
    ),
  }),
)
accept(
  'formats',
  o({
    spec: o(
      {
        d: { type: 'string', format: 'date-time' },
        u: { type: 'string', format: 'duration' },
        b: { type: 'string', format: 'byte' },
        dd: { type: 'string', format: 'date' },
      },
      {
        [V]: r(
          'self.d > timestamp("2020-01-01T00:00:00Z")',
          'self.u < duration("1h")',
          'self.b == b"x"',
          'self.dd.getFullYear() == 2020',
          'self.d == "x"',
        ),
      },
    ),
  }),
)
accept(
  'default rule',
  o({ spec: o({ a: { type: 'string', default: 'x', [V]: r({ rule: 'self == "y"', message: 'must be y' }) } }) }),
)
accept(
  'root rule',
  o(
    { spec: o({ n: { type: 'integer' } }) },
    {
      [V]: r(
        'self.metadata.name.size() > 2',
        'self.metadata.labels.size() > 0',
        'self.apiVersion == "x" && self.kind == "y"',
        'self.status.x == 1',
      ),
    },
  ),
)
accept(
  'embedded rule',
  o({
    e: o(
      { apiVersion: { type: 'string' } },
      { 'x-kubernetes-embedded-resource': true, [V]: r('self.kind == "Pod" && self.metadata.name == "x"') },
    ),
  }),
)

/** What rules are accepted: their types, libraries and costs. */
export const ruleCases: readonly Case[] = [{ name: 'rules', namespace: 'none', steps }]
