import { explainQualifiedName } from '../../object/names.js'
import { type Findings, isSet, structsOf, textOf } from './findings.js'

export function checkTolerations(tolerations: unknown, field: string, to: Findings): void {
  for (const [index, toleration] of structsOf(tolerations).entries()) {
    const at = `${field}[${index}]`
    const { key, operator, value, effect } = toleration
    if (textOf(key) !== '') to.explain(`${at}.key`, key, explainQualifiedName(textOf(key)))
    else if (operator !== 'Exists') {
      const reason = 'operator must be Exists when `key` is empty, which means "match all values and all keys"'
      to.invalid(`${at}.operator`, operator ?? '', reason)
    }
    if (isSet(toleration['tolerationSeconds']) && effect !== 'NoExecute') {
      to.invalid(`${at}.effect`, effect ?? '', "effect must be 'NoExecute' when `tolerationSeconds` is set")
    }
    if (operator === 'Exists') {
      if (textOf(value) !== '') to.invalid(`${at}.operator`, value, "value must be empty when `operator` is 'Exists'")
    } else to.oneOf(`${at}.operator`, textOf(operator) === '' ? undefined : operator, ['Equal', 'Exists'])
    if (textOf(effect) !== '') to.oneOf(`${at}.effect`, effect, ['NoSchedule', 'PreferNoSchedule', 'NoExecute'])
  }
}
