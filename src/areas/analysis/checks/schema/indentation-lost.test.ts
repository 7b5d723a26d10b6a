import assert from 'node:assert/strict'
import { test } from 'node:test'
import { checkTexts } from '../../check-texts.js'
import { indentationLost } from './indentation-lost.js'

test('a copy without leading spaces', () => {
  const text = 'apiVersion: v1\nkind: Service\nmetadata:\nname: a\nlabels:\n  x: y\nspec:\nports: []\n'
  assert.deepEqual(checkTexts(indentationLost, { 'a.yaml': text }), [
    'error a.yaml:3:1 metadata is empty, and name, labels stand beside it',
    'error a.yaml:7:1 spec is empty, and ports stands beside it',
  ])
})

test('an object as it should be, and one whose spec is empty', () => {
  assert.deepEqual(checkTexts(indentationLost, { 'a.yaml': 'apiVersion: v1\nkind: Service\nmetadata:\n  name: a\nspec:\n' }), [])
})
