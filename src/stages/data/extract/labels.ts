/** Whole short lines that are labels of a page's machinery, in languages with many pages. */
const services =
  'facebook|twitter|x|linkedin|xing|whatsapp|telegram|instagram|pinterest|reddit|threads|bluesky|mastodon|youtube|tumblr|pocket|e-?mail|print|drucken|copy link|rss';

const whole = new RegExp(
  `^(?:${[
    `(?:${services})(?:[\\s,|·/•]+(?:und |and )?(?:${services}))*`,
    // English
    'share(?: (?:this|on|via|it).*)?[:!]?',
    'click to (?:share|tweet|enlarge|print|e-?mail).{0,80}',
    'like this:?',
    'loading\\.{0,3}…?',
    'related(?: (?:articles?|posts?|stories|topics|links|content|news|reading))?:?',
    '(?:you (?:may|might) (?:also )?(?:like|enjoy)|recommended(?: for you)?|more (?:from|in|on)\\b|most (?:read|popular)|trending).{0,40}',
    'read (?:more|next|also|the full)\\b.{0,30}',
    'continue reading.{0,60}',
    'see also:?',
    '(?:view|show|load|see) (?:all|more|full|\\d+)\\b.{0,40}',
    'skip to (?:main )?content|jump to .{0,30}|table of contents|toggle .{0,30}',
    '(?:leave|post|add|write) (?:a|your) (?:comment|reply)',
    '(?:no |\\d+ )?comments?(?: \\(\\d+\\))?(?: off| are closed)?',
    '(?:reply|quote|report)(?: (?:to|abuse|post|comment)\\b.{0,40})?',
    '(?:you must (?:be|have)|please) (?:log(?:ged)? ?in|sign(?:ed)? in|register).{0,80}',
    '(?:log ?in|sign ?(?:in|up)|register)(?: (?:or|to)\\b.{0,60})?',
    'advertisements?:?',
    'sponsored(?: content)?',
    'permalink',
    '\\d{1,3} min(?:ute)?s?(?: read)?',
    'print(?: (?:this )?(?:article|page))?',
    'e-?mail(?: this)?(?: article)?',
    'back(?: to (?:top|the top|overview|list))?',
    'top',
    '(?:previous|next|older|newer)(?: (?:post|article|page|entry|entries|posts|story))?(?:[:»→].{0,80})?',
    'tags?:.{0,90}',
    'filed under:?.{0,80}',
    'categor(?:y|ies) ?:.{0,80}',
    'posted (?:in|on|by|under)\\b.{0,80}',
    'published (?:on|at|by|in)?:? ?.{0,12}\\d.{0,40}',
    '(?:last )?updated?(?: on| at)?:? ?.{0,12}\\d.{0,40}',
    '(?:news )?date ?: ?\\d.{0,60}',
    '.{0,60}\\blast modified:? .{0,30}',
    '(?:photo(?:graph)?s?|image)(?: (?:by|credits?|source|courtesy)\\b.{0,80}|: ?.{0,80})?',
    '(?:image|picture) (?:caption|copyright).{0,80}',
    'sign up.{0,60}newsletter.{0,20}',
    'follow (?:us|me)\\b.{0,50}',
    '(?:get|receive) (?:the latest|our)\\b.{0,60}(?:inbox|newsletter|app|phone|e-?mail).{0,40}',
    'subscribe.{0,40}',
    'click here.{0,40}',
    'all rights reserved.{0,20}',
    '(?:©|\\(c\\)|copyright:? ?(?:©|\\(c\\)|\\d)).{0,80}',
    // German
    'teilen(?: (?:mit|auf|sie).{0,40})?[:!]?',
    '(?:beitrag|artikel|seite) (?:teilen|drucken|merken|versenden|empfehlen).{0,20}',
    'gefällt mir:?(?: .{0,20})?',
    'wird geladen ?(?:\\.\\.\\.|…)?',
    'ähnliche (?:beiträge|artikel|themen)',
    'auch interessant:?.{0,80}',
    'mehr zum thema:?.{0,60}',
    '(?:mehr|weitere)(?: (?:informationen|infos|artikel|beiträge|links|nachrichten))? (?:zum thema|zu|über|von|auf)\\b.{0,60}:?',
    '(?:mehr|weiter) ?lesen.{0,40}',
    'weiterführende[rs]? (?:links?|informationen)',
    'beiträge zum thema',
    '(?:zum|das könnte (?:sie|dich) auch).{0,30}interessieren.{0,10}',
    'lesen sie (?:auch|mehr).{0,80}',
    '-? ?(?:anzeige|werbung) ?-?',
    '(?:zurück|nach oben|vor|weiter|vorheriges?|nächstes?|seitenanfang|zum seitenanfang)(?: (?:zu[rm]? .{0,60}|weiter|vorwärts))?',
    '(?:vorherige|nächste)[rs]? (?:beitrag|artikel|seite|eintrag)(?:[:»→].{0,80})?',
    '(?:artikel |seite )?drucken.{0,20}',
    '(?:\\d+ |keine )?kommentare?(?: \\(\\d+\\))?(?: (?:schreiben|anzeigen))?',
    '(?:einen )?kommentar (?:schreiben|verfassen|hinterlassen)|antworten',
    '(?:anmelden|registrieren|einloggen)(?: (?:oder|und) .{0,30})?',
    'schlagw(?:ort|örter|orte):?.{0,80}',
    'kategorien?:.{0,80}',
    'veröffentlicht (?:in|am|von|unter)\\b.{0,80}',
    'dieser (?:eintrag|beitrag|artikel) wurde.{0,80}',
    '(?:inhaltsverzeichnis|lesezeit:? .{0,20}|stand: ?\\d.{0,30}|datum: ?\\d.{0,30})',
    '(?:(?:foto|bild)s?(?:graf|quelle|nachweis|rechte)?|text- und bildquelle|textquelle|quelle): ?.{0,80}',
    'zusatzinformationen:?',
    'aktualisiert am.{0,30}',
    'von: ?.{0,40}',
    'alle rechte vorbehalten.{0,20}',
    // French
    'partager(?: (?:sur|cet).{0,40})?[:!]?',
    '(?:lire|voir) aussi.{0,80}',
    '(?:à (?:lire|voir)|vous (?:aimerez|pourriez|devriez) (?:aussi|aimer)|sur le même sujet|articles? (?:liés|similaires|connexes)).{0,40}',
    'imprimer',
    'publicité',
    '(?:publié|mis à jour|modifié) le .{0,60}',
    '(?:laisser un |\\d+ |aucun )?commentaires?(?: \\(\\d+\\))?',
    '(?:crédits?|crédit photo|photos?) ?: .{0,60}',
    "(?:suivez-nous|abonnez-vous|s’abonner|s'abonner)\\b.{0,80}",
    'articles? (?:précédents?|suivants?).{0,60}',
    'tous droits réservés.{0,20}',
    // Spanish, Portuguese, Italian
    '(?:compart(?:ir|e|ilhar|ilhe)|condividi)(?: .{0,30})?[:!]?',
    '(?:lea|lee|leer|leia|leggi|ver|vea|veja) (?:también|más|mas|também|além|mais|anche)\\b.{0,100}',
    '(?:temas|notas|noticias|artículos|notícias|artigos) relacionad[oa]s?|articoli correlati',
    's[ií]guenos (?:en|también).{0,120}|siga-nos.{0,100}|seguici su.{0,80}',
    '(?:te|le) (?:puede|podría) interesar.{0,60}',
    '(?:deja(?:r)? (?:un|tu) |\\d+ )?comentarios?|comentários?|commenti',
    '(?:publicado|actualizado|atualizado|pubblicato) (?:el|en|em|il|por|da)\\b.{0,60}',
    'publicidade?|pubblicità',
    '(?:suscríb|inscreva|iscriviti)\\S* .{0,80}',
    '(?:anterior|siguiente|próximo|precedente|successivo)(?::.{0,80})?',
    'etiquetas:.{0,80}',
    '(?:foto|fuente|fonte): .{0,60}',
    'todos (?:los|os) (?:derechos|direitos) reservados.{0,20}|tutti i diritti riservati.{0,20}',
    // Dutch, Polish, Turkish, Russian
    'delen|deel (?:dit|op).{0,20}|lees (?:ook|meer|verder).{0,80}|reacties?(?: \\(\\d+\\))?|gepubliceerd op .{0,40}',
    'udostępnij|(?:czytaj|zobacz|przeczytaj) (?:też|także|również|więcej).{0,80}|reklama|komentarze?(?: \\(\\d+\\))?|źródło: .{0,60}',
    'paylaş|yorumlar?(?: \\(\\d+\\))?|ilgili haberler|devamını oku',
    'поделиться.{0,20}|читайте также.{0,80}|реклама|комментарии(?: \\(\\d+\\))?|(?:источник|фото): .{0,60}|опубликовано.{0,40}',
    // Chinese, Japanese
    '分享到?.{0,20}|相关(?:文章|阅读|推荐|新闻).{0,20}|(?:上|下)一篇.{0,80}|责任编辑.{0,20}|阅读全文',
    'シェア(?:する)?|関連(?:記事|リンク)|続きを読む.{0,10}|コメント(?:する)?|前の記事.{0,60}|次の記事.{0,60}',
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
  // A sentence that ends as one is text, links or not.
  return whole.test(words) || (mostlyLink && pointer.test(words) && !/[.!?]\)?$/.test(line));
}
