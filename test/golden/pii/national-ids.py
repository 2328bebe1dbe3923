"""Numbers that python-stdnum calls valid or not, for every national id with a checksum that it knows.

python3 test/golden/pii/national-ids.py > test/golden/pii/national-ids.json   (python-stdnum 2.2)
Deterministic: seeded. `y` two digits of a year, `m` month, `d` day, `#` digit, `A` letter, the rest as it stands.
"""
import importlib, json, random, string
import stdnum

forms = {
    'US_SSN': ('us.ssn', ['###-##-####']),
    'US_ITIN': ('us.itin', ['9##-##-####']),
    'US_EIN': ('us.ein', ['##-#######']),
    'CA_SIN': ('ca.sin', ['###-###-###', '### ### ###']),
    'MX_CURP': ('mx.curp', ['XEXXyymmddHDFAAA0#', 'BOXWyymmddMNLNTN0#', 'GAPAyymmddHSRRRN0#']),
    'BR_CPF': ('br.cpf', ['###.###.###-##']),
    'BR_CNPJ': ('br.cnpj', ['##.###.###/0001-##']),
    'AR_CUIT': ('ar.cuit', ['20-########-#', '27-########-#']),
    'CL_RUT': ('cl.rut', ['##.###.###-#']),
    'CO_NIT': ('co.nit', ['###.###.###-#']),
    'EC_CI': ('ec.ci', ['17########', '09########']),
    'UK_NHS': ('gb.nhs', ['### ### ####']),
    'UK_UTR': ('gb.utr', ['##########']),
    'IE_PPS': ('ie.pps', ['#######A', '#######AA']),
    'DE_TAX_ID': ('de.idnr', ['###########']),
    'FR_NIR': ('fr.nir', ['1ym78######nn', '2ym75######nn', '1ym2A######nn'.replace('2A######', '2A######')]),
    'FR_TAX_ID': ('fr.nif', ['3#00#########'[:13]]),
    'ES_NIF': ('es.dni', ['########A']),
    'ES_NIE': ('es.nie', ['X#######A', 'Y#######A', 'Z#######A']),
    'PT_NIF': ('pt.nif', ['#########']),
    'IT_FISCAL_CODE': ('it.codicefiscale', ['RSSMRAyTdH501A', 'BNCGNNyAdF205A', 'VRDLCUyPdL219A']),
    'IT_VAT_CODE': ('it.iva', ['IT###########']),
    'NL_BSN': ('nl.bsn', ['#########']),
    'BE_NRN': ('be.nn', ['yy.mm.dd-###.##']),
    'AT_SVNR': ('at.vnr', ['####ddmmyy']),
    'CH_AHV': ('ch.ssn', ['756.####.####.##']),
    'GR_AMKA': ('gr.amka', ['ddmmyy#####']),
    'SE_PERSONNUMMER': ('se.personnummer', ['yymmdd-####']),
    'NO_FODSELSNUMMER': ('no.fodselsnummer', ['ddmmyy #####']),
    'FI_PERSONAL_IDENTITY_CODE': ('fi.hetu', ['ddmmyy-###A', 'ddmmyy-####']),
    'IS_KENNITALA': ('is_.kennitala', ['ddmmyy-##99', 'ddmmyy-##08', 'ddmmyy-####']),
    'PL_PESEL': ('pl.pesel', ['yymmdd#####']),
    'PL_NIP': ('pl.nip', ['###-###-##-##']),
    'CZ_BIRTH_NUMBER': ('cz.rc', ['yymmdd/####']),
    'RO_CNP': ('ro.cnp', ['1yymmdd01####', '2yymmdd40####']),
    'BG_EGN': ('bg.egn', ['yymmdd####']),
    'HR_OIB': ('hr.oib', ['###########']),
    'EE_IK': ('ee.ik', ['3yymmdd####', '4yymmdd####']),
    'LT_AK': ('lt.asmens', ['3yymmdd####', '4yymmdd####']),
    'LV_PK': ('lv.pvn', ['ddmmyy-1####']),
    'TR_TCKN': ('tr.tckimlik', ['###########']),
    'UA_RNOKPP': ('ua.rntrc', ['##########']),
    'RU_INN': ('ru.inn', ['############']),
    'IN_AADHAAR': ('in_.aadhaar', ['#### #### ####']),
    'IN_PAN': ('in_.pan', ['AAAPA####A']),
    'IN_GSTIN': ('in_.gstin', ['27AAAPA####A1ZA', '27AAAPA####A1Z#']),
    'AU_TFN': ('au.tfn', ['### ### ###']),
    'AU_ABN': ('au.abn', ['## ### ### ###']),
    'AU_ACN': ('au.acn', ['### ### ###']),
    'NZ_IRD': ('nz.ird', ['##-###-###', '###-###-###']),
    'CN_ID': ('cn.ric', ['11010519yymmdd####', '31010119yymmdd####']),
    'KR_RRN': ('kr.rrn', ['yymmdd-1######', 'yymmdd-2######']),
    'TH_TNIN': ('th.pin', ['#-####-#####-##-#']),
    'MY_NRIC': ('my.nric', ['yymmdd-14-####']),
    'IL_ID': ('il.idnr', ['#########']),
    'ZA_ID': ('za.idnr', ['yymmdd #### 0##']),
    'IBAN_CODE': ('iban', ['DE####################', 'NL##ABNA##########']),
    'IMEI': ('imei', ['35#############']),
    'SWIFT_BIC': ('bic', ['AAAADEAA', 'AAAAFRAA###']),
}
rng = random.Random(4)


def draw(form):
    month, day, year = rng.randint(1, 12), rng.randint(1, 28), rng.randint(40, 99)
    out, i = '', 0
    while i < len(form):
        two = form[i:i + 2]
        if two in ('yy', 'mm', 'dd', 'nn'):
            out += '%02d' % {'yy': year, 'mm': month, 'dd': day, 'nn': rng.randint(1, 97)}[two]
            i += 2
            continue
        c = form[i]
        out += ('%02d' % year if c == 'y' else '%02d' % month if c == 'm' else '%02d' % day if c == 'd'
                else str(rng.randint(0, 9)) if c == '#' else rng.choice(string.ascii_uppercase) if c == 'A' else c)
        i += 1
    return out


result = {'peer': 'python-stdnum', 'version': stdnum.__version__, 'command': 'python3 test/golden/pii/national-ids.py', 'types': {}}
for type_, (module, choices) in forms.items():
    check = importlib.import_module('stdnum.' + module).is_valid
    good, bad = [], []
    for _ in range(400000):
        text = draw(rng.choice(choices))
        ok = check(text)
        if ok and len(good) < 24:
            good.append(text)
        elif not ok and len(bad) < 24:
            bad.append(text)
        if len(good) == 24 and len(bad) == 24:
            break
    result['types'][type_] = {'valid': good, 'invalid': bad}
print(json.dumps(result, indent=None, separators=(',', ':')).replace('},"', '},\n"'))
