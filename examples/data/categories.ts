/** Derived item categories of the shop data: the first row whose word stands in the description wins. */

/** Category → whole words of a product description (upper case). Order matters: Christmas before candles, and so on. */
const keywords: readonly (readonly [category: string, words: readonly string[]])[] = [
  ['christmas', ['CHRISTMAS', 'XMAS', 'ADVENT', 'SANTA', 'REINDEER', 'SNOWMAN', 'SNOWFLAKE']],
  ['easter', ['EASTER']],
  ['bags', ['BAG', 'BAGS', 'SHOPPER', 'BACKPACK', 'PURSE', 'WALLET', 'SATCHEL', 'HANDBAG']],
  [
    'lighting',
    ['LIGHT', 'LIGHTS', 'LANTERN', 'LAMP', 'T-LIGHT', 'T-LIGHTS', 'CANDLE', 'CANDLES', 'CANDLESTICK', 'TORCH'],
  ],
  ['baking', ['CAKE', 'CAKES', 'BAKING', 'COOKIE', 'CUTTER', 'CUTTERS', 'CAKESTAND', 'RECIPE', 'MUFFIN', 'CUPCAKE']],
  [
    'tableware',
    [
      'MUG',
      'CUP',
      'CUPS',
      'TEACUP',
      'SAUCER',
      'PLATE',
      'PLATES',
      'BOWL',
      'BOWLS',
      'CUTLERY',
      'GLASS',
      'JUG',
      'TEAPOT',
      'TEA',
      'COFFEE',
      'NAPKINS',
      'TRAY',
      'COASTER',
      'COASTERS',
      'PLACEMATS',
      'DINER',
    ],
  ],
  [
    'kitchen',
    [
      'KITCHEN',
      'JAR',
      'JAM',
      'PANTRY',
      'APRON',
      'EGG',
      'SPICE',
      'BOTTLE',
      'MILK',
      'LUNCH',
      'SNACK',
      'BREAD',
      'SCALES',
      'TIN',
      'TINS',
      'FOOD',
      'BISCUIT',
    ],
  ],
  [
    'toys',
    [
      'TOY',
      'TOYS',
      'DOLL',
      'SPACEBOY',
      'DINOSAUR',
      'SOLDIER',
      'GAME',
      'DOMINOES',
      'PUZZLE',
      'JIGSAW',
      'CHILDRENS',
      'GIRL',
      'PLAYHOUSE',
      'BABUSHKA',
      'RABBIT',
    ],
  ],
  [
    'stationery',
    [
      'CARD',
      'CARDS',
      'PENCIL',
      'PENCILS',
      'PEN',
      'PENS',
      'NOTEBOOK',
      'PAPER',
      'WRAP',
      'RIBBON',
      'RIBBONS',
      'STICKERS',
      'ERASER',
      'TISSUES',
      'BOOK',
      'MAGNETS',
      'CHALKBOARD',
      'ENVELOPE',
    ],
  ],
  ['party', ['PARTY', 'BUNTING', 'GARLAND', 'BIRTHDAY', 'BALLOONS', 'FLAG', 'DOILY', 'DOILIES']],
  ['craft', ['CRAFT', 'FELTCRAFT', 'SEWING', 'KNITTING', 'KIT', 'FELT']],
  ['jewellery', ['NECKLACE', 'BRACELET', 'EARRINGS', 'RING', 'BROOCH', 'HAIR', 'BEADS', 'TRINKET']],
  ['garden', ['GARDEN', 'HERB', 'PLANT', 'BIRD', 'WATERING', 'PARASOL', 'PICNIC', 'FLOWER', 'POT']],
  ['wall', ['SIGN', 'CLOCK', 'FRAME', 'MIRROR', 'PICTURE', 'WALL', 'ART', 'PHOTO', 'LETTER', 'WORD', 'BLOCK']],
  [
    'storage',
    [
      'BOX',
      'BOXES',
      'BASKET',
      'STORAGE',
      'DRAWER',
      'CABINET',
      'RACK',
      'CASES',
      'BIN',
      'HOOK',
      'HANGER',
      'STAND',
      'KNOB',
    ],
  ],
  ['textiles', ['CUSHION', 'DOORMAT', 'QUILT', 'TOWEL', 'RUG', 'BLANKET', 'COVER', 'WARMER']],
  [
    'decoration',
    ['DECORATION', 'HEART', 'HEARTS', 'HANGING', 'HOLDER', 'STAR', 'ORNAMENT', 'WREATH', 'WICKER', 'BELL', 'FEATHER'],
  ],
];

const categoryOfWord = new Map<string, number>();
keywords.forEach(([, words], rank) =>
  words.forEach((word) => categoryOfWord.has(word) || categoryOfWord.set(word, rank)),
);

export function categoryOf(description: string): string {
  let best = keywords.length;
  for (const word of description.toUpperCase().split(/[^A-Z0-9'-]+/))
    best = Math.min(best, categoryOfWord.get(word) ?? best);
  return keywords[best]?.[0] ?? 'other';
}
