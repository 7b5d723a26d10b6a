import assert from 'node:assert/strict'
import { readFileSync } from 'node:fs'
import { test } from 'node:test'
import { formatFieldSelector, matchesFields, parseFieldSelector } from './field-selector.js'
import {
  explainConfigKey,
  explainDns1035Label,
  explainDns1123Label,
  explainDns1123Subdomain,
  explainLabelValue,
  explainQualifiedName,
  isDns1035Label,
  isDns1123Label,
  isDns1123Subdomain,
  isLabelValue,
  isQualifiedName,
} from './names.js'
import { formatLabelSelector, fromLabelSelector, type LabelSelectorSpec, matchesLabels, parseLabelSelector } from './selector.js'

interface Case {
  text: string
  error?: string
  formatted: string
  matches?: boolean[]
}
// Answers of k8s.io/apimachinery 0.33 (labels, fields, validation).
const goldens = JSON.parse(readFileSync('src/kube/object/goldens/selectors.json', 'utf8')) as {
  labelSets: Record<string, string>[]
  labels: Case[]
  specs: (Omit<Case, 'text'> & { spec: LabelSelectorSpec | null })[]
  fieldSets: Record<string, string>[]
  fields: Case[]
  names: Record<string, string[] | null>[]
}

test('label selectors in text are read as upstream reads them', () => {
  for (const { text, error, formatted, matches } of goldens.labels) {
    if (error !== undefined) {
      assert.throws(() => parseLabelSelector(text), { code: 'invalid-label-selector', message: error }, text)
      continue
    }
    const selector = parseLabelSelector(text)
    assert.equal(formatLabelSelector(selector), formatted, text)
    assert.deepEqual(
      goldens.labelSets.map((labels) => matchesLabels(selector, labels)),
      matches,
      text,
    )
  }
})

test('metav1.LabelSelector is read as upstream reads it', () => {
  for (const { spec, error, formatted, matches } of goldens.specs) {
    const about = JSON.stringify(spec)
    if (error !== undefined) {
      assert.throws(() => fromLabelSelector(spec), { code: 'invalid-label-selector', message: error }, about)
      continue
    }
    const selector = fromLabelSelector(spec)
    assert.equal(formatLabelSelector(selector), formatted, about)
    assert.deepEqual(
      goldens.labelSets.map((labels) => matchesLabels(selector, labels)),
      matches,
      about,
    )
  }
})

test('without validation odd selectors are taken as they are', () => {
  const odd = fromLabelSelector({ matchLabels: { 'a b': 'c d' } }, { validate: false })
  assert.equal(matchesLabels(odd, { 'a b': 'c d' }), true)
  assert.equal(fromLabelSelector({ matchExpressions: [{ key: 'a', operator: 'constructor' }] }, { validate: false }), 'nothing')
  assert.equal(matchesLabels(parseLabelSelector('toString'), {}), false)
  assert.equal(matchesLabels(parseLabelSelector('!a'), undefined), true)
})

test('field selectors are read as upstream reads them', () => {
  for (const { text, error, formatted, matches } of goldens.fields) {
    if (error !== undefined) {
      assert.throws(() => parseFieldSelector(text), { code: 'invalid-field-selector', message: error }, text)
      continue
    }
    const selector = parseFieldSelector(text)
    assert.equal(formatFieldSelector(selector), formatted, text)
    assert.deepEqual(
      goldens.fieldSets.map((fields) => matchesFields(selector, fields)),
      matches,
      text,
    )
  }
})

test('names are judged as upstream judges them', () => {
  for (const golden of goldens.names) {
    const value = golden['value'] as unknown as string
    const explained = {
      label: explainDns1123Label(value),
      subdomain: explainDns1123Subdomain(value),
      label1035: explainDns1035Label(value),
      labelValue: explainLabelValue(value),
      qualified: explainQualifiedName(value),
      configKey: explainConfigKey(value),
    }
    for (const [kind, texts] of Object.entries(explained)) assert.deepEqual(texts, golden[kind] ?? [], `${kind} of ${value}`)
    assert.equal(isDns1123Label(value), explained.label.length === 0, value)
    assert.equal(isDns1123Subdomain(value), explained.subdomain.length === 0, value)
    assert.equal(isDns1035Label(value), explained.label1035.length === 0, value)
    assert.equal(isLabelValue(value), explained.labelValue.length === 0, value)
    assert.equal(isQualifiedName(value), explained.qualified.length === 0, value)
  }
})

test('hostile names cost no more than their length', () => {
  const long = `${'a-'.repeat(200_000)}!`
  assert.equal(isDns1123Subdomain(long), false)
  assert.equal(explainLabelValue(long).length, 2)
})
