/** Whole short lines that are labels of a page's machinery, in languages with many pages. */
const whole = new RegExp(
  `^(?:${[
    // English
    'share(?: (?:this|on|via|it).*)?[:!]?',
    'like this:?',
    'loading\\.{0,3}…?',
    'related(?: (?:articles?|posts?|stories|topics|links|content))?:?',
    'read (?:more|next|also)\\b.{0,30}',
    'see also:?',
    '(?:leave|post|add|write) (?:a|your) (?:comment|reply)',
    '(?:no |\\d+ )?comments?(?: \\(\\d+\\))?(?: off)?',
    'advertisements?:?',
    'sponsored(?: content)?',
    'permalink',
    'print(?: (?:this )?(?:article|page))?',
    'e-?mail(?: this)?(?: article)?',
    'back(?: to (?:top|the top|overview|list))?',
    'top',
    '(?:previous|next|older|newer)(?: (?:post|article|page|entry|entries|posts))?',
    'tags?:.{0,90}',
    'filed under:?.{0,80}',
    'categor(?:y|ies) ?:.{0,80}',
    'posted (?:in|on|by|under)\\b.{0,80}',
    '(?:news )?date ?: ?\\d.{0,60}',
    '.{0,60}\\blast modified: .{0,30}',
    'last (?:modified|updated?)\\b.{0,40}',
    'photo(?:graph)?s?(?: (?:by|credit)\\b.{0,80}|: ?.{0,80})?',
    'sign up.{0,60}newsletter.{0,20}',
    'follow us.{0,50}',
    '(?:get|receive) (?:the latest|our)\\b.{0,60}(?:inbox|newsletter|app|phone|e-?mail).{0,40}',
    'subscribe.{0,40}',
    'click here.{0,40}',
    'all rights reserved.{0,20}',
    '(?:©|\\(c\\)|copyright)\\b.{0,80}',
    // German
    'teilen(?: (?:mit|auf|sie).{0,40})?[:!]?',
    'gefällt mir:?(?: .{0,20})?',
    'wird geladen ?(?:\\.\\.\\.|…)?',
    'ähnliche (?:beiträge|artikel)',
    '(?:mehr|weitere)(?: (?:informationen|infos|artikel|beiträge|links))? (?:zum thema|zu|über|von|auf)\\b.{0,60}:?',
    'weiterlesen.{0,40}',
    'weiterführende[rs]? (?:links?|informationen)',
    'beiträge zum thema',
    '(?:zum|das könnte sie auch).{0,30}interessieren.{0,10}',
    'lesen sie (?:auch|mehr).{0,80}',
    '-? ?(?:anzeige|werbung) ?-?',
    '(?:zurück|nach oben|vor|weiter|vorheriges?|nächstes?|seitenanfang|zum seitenanfang)(?: (?:zu[rm]? .{0,60}|weiter|vorwärts))?',
    '(?:artikel |seite )?drucken.{0,20}',
    '(?:\\d+ |keine )?kommentare?(?: \\(\\d+\\))?(?: schreiben)?',
    '(?:einen )?kommentar (?:schreiben|verfassen|hinterlassen)',
    'schlagw(?:ort|örter|orte):?.{0,80}',
    'kategorien?:.{0,80}',
    'veröffentlicht (?:in|am|von|unter)\\b.{0,80}',
    'dieser (?:eintrag|beitrag|artikel) wurde.{0,80}',
    '(?:(?:foto|bild)s?(?:graf|quelle|nachweis|rechte)?|text- und bildquelle|textquelle|quelle): ?.{0,80}',
    'zusatzinformationen:?',
    'aktualisiert am.{0,30}',
    'von: ?.{0,40}',
    // French
    'partager(?: (?:sur|cet).{0,40})?[:!]?',
    'lire aussi.{0,80}',
    '(?:à lire|sur le même sujet|articles? (?:liés|similaires|connexes)).{0,40}',
    'imprimer',
    'publicité',
    'commentaires?(?: \\(\\d+\\))?',
    // Spanish, Portuguese, Italian
    '(?:compart(?:ir|e|ilhar|ilhe)|condividi)(?: .{0,30})?[:!]?',
    '(?:lea|lee|leer|leia|leggi)(?: (?:también|más|mas|también|além|mais|anche))\\b.{0,100}',
    '(?:temas|notas|noticias|artículos) relacionad[oa]s?',
    's[ií]guenos (?:en|también).{0,120}|siga-nos.{0,100}',
    'publicidad(?:e)?|pubblicità',
    'etiquetas:.{0,80}',
    // Dutch, Polish, Russian
    'delen|deel dit.{0,20}|lees (?:ook|meer).{0,60}',
    'udostępnij|czytaj (?:także|również|więcej).{0,60}|reklama',
    'поделиться.{0,20}|читайте также.{0,60}|реклама',
  ].join('|')})$`,
  'iu',
);

/** Openings of lines that point to another page; what follows is its title, in a link. */
const pointer =
  /^(?:read|see|watch|listen|more|also|related|lesen|mehr|siehe|lire|voir|plus|à lire|lea|lee|leer|ver|vea|más|también|leia|veja|saiba|mais|leggi|vedi|anche|lees|bekijk|meer|czytaj|zobacz|читайте|смотрите)(?!\p{L})/iu;

/**
 * True for a short line that labels a link, a button or a box instead of saying something. At most 140 characters are looked at;
 * `mostlyLink` says that about half of the line or more is a link.
 */
export function isLabel(line: string, mostlyLink = false): boolean {
  if (line.length > 140) return false;
  const words = line.replace(/^[^\p{L}\p{N}©(]+|[^\p{L}\p{N}:)]+$/gu, '');
  return whole.test(words) || (mostlyLink && pointer.test(words));
}
