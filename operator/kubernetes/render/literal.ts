/** Texts of variables as Kubernetes reads them. Pure. */

/** Kubernetes reads `$$` in a variable as `$`, and `$(NAME)` as the value of another one. */
export const literal = (text: string): string => text.replaceAll('$', () => '$$');
