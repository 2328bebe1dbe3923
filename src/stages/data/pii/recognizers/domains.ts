const generic =
  'com org net edu gov mil int info biz name pro aero coop museum jobs mobi travel tel cat asia post xxx app dev io ai co me tv cc ws ly gl fm site ' +
  'online store shop blog tech xyz club top vip live news cloud email agency digital media world today life space website page link one group ' +
  'company global solutions services systems network studio design center city academy expert zone team work works tools support health care ' +
  'clinic hospital doctor dental law legal finance bank capital money credit tax insurance energy bio eco green farm garden kitchen cafe bar ' +
  'restaurant hotel tours vacations flights house land estate properties rent homes car cars auto bike taxi art gallery photo photos pictures ' +
  'video audio music film movie theater game games play fun party social chat community forum wiki academy school university college education ' +
  'science engineer engineering build builders repair plumbing construction london berlin paris tokyo nyc amsterdam wien koeln hamburg bayern test example';
const countries =
  'ac ad ae af ag al am ao aq ar as at au aw ax az ba bb bd be bf bg bh bi bj bm bn bo br bs bt bw by bz ca cd cf cg ch ci ck cl cm cn cr cu cv ' +
  'cw cx cy cz de dj dk dm do dz ec ee eg er es et eu fi fj fk fo fr ga gb gd ge gf gg gh gi gm gn gp gq gr gs gt gu gw gy hk hm hn hr ht hu id ie ' +
  'il im in iq ir is it je jm jo jp ke kg kh ki km kn kp kr kw ky kz la lb lc li lk lr ls lt lu lv ma mc md mg mh mk ml mm mn mo mp mq mr ms mt mu ' +
  'mv mw mx my mz na nc ne nf ng ni nl no np nr nu nz om pa pe pf pg ph pk pl pm pn pr ps pt pw py qa re ro rs ru rw sa sb sc sd se sg sh si sk sl ' +
  'sm sn so sr ss st su sv sx sy sz tc td tf tg th tj tk tl tm tn to tr tt tw tz ua ug uk us uy uz va vc ve vg vi vn vu wf ye yt za zm zw';

/** Top-level domains of countries (ISO 3166 and its exceptions) and the generic ones in wide use. */
export const topLevelDomains: ReadonlySet<string> = new Set(`${generic} ${countries}`.split(' '));
