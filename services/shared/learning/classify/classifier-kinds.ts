/** The kinds of models that say how likely an event is to come. */
export const classifierKinds = ['linear', 'mlp', 'trees'] as const;
export type ClassifierKind = (typeof classifierKinds)[number];

export function isClassifierKind(kind: string): kind is ClassifierKind {
  return (classifierKinds as readonly string[]).includes(kind);
}
