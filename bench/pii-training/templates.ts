/**
 * Sentences that the tagger is trained on. `{P}` person, `{F}` given name, `{L}` surname, `{T}` honorific, `{J}` job, `{O}` organization,
 * `{G}` place, `{C}` country, `{S}` street, `{A}` address, `{U}` unit, `{Z}` postcode, `{N}` people or faith. Without a label: `{D}` date, `{Y}` year,
 * `{H}` phone, `{E}` e-mail, `{W}` address of the web, `{Q}` capitalized phrase, `{w}` noun, `{a}` adjective, `{#}` number, `{I}` identifier, `{X}` a sentence without names.
 */
const prose = `
My name is {P}.
my name's {P} and I live in {G}
I am {P}, nice to meet you.
Hi, I'm {P} from {O}.
Hello {F}, thanks for your message about the {w}.
Dear {T} {L}, we have received your {w}.
Dear {P},
Hey {F}! How was {G}?
This is {P} speaking. How can I help?
Please ask for {P} when you arrive.
You can call me {F}.
People know me as {F}, but my passport says {P}.
The account holder is {P}.
Name: {P}
Full name: {P}
Customer name: {P} Account: {I}
Agent: May I have your name, please? Caller: {P}
Operator: which city? Caller: {G}
Bot: What is your {w}? User: {I}
User: {P} Bot: Thank you, {F}.
Signed, {P}
Kind regards, {P}
Best, {F}
Sincerely,\\n{P}\\n{J}\\n{O}
Regards,\\n{P}\\n{O}\\n{H}
I spoke with {P} yesterday about my {w}.
Could you tell {P} that the {w} is ready?
{P} said the {w} would be late.
"{X}" said {P}.
"{Q}," says {P} in a {a} interview.
{P} told {P} that the {w} had been {a}.
{P} asked {F} to wait.
{P} and {P} were married in {Y}.
{P} married {P} in {G}.
{P}'s {w} is very {a}.
{F}'s mother lives in {G}.
We met {P}, {P} and {P} at the {w}.
The members were {P}, {P}, {P} and {P}.
{F}, {F}, {F} and I went to {G}.
The winner is {P}!
Why does {F} always look so {a}?
Where is {F}?
Who is {P}?
What did {P} say?
Has {P} arrived yet?
Is {P} coming to the {w}?
Have you seen {F} today?
I have not seen {F} since {Y}.
Go home, {F}!
Come on, {F}, it is only a {w}.
I love you, {F}.
They called the baby {F}.
His wife {F} works at {O}.
Her husband {P} is {N}.
My son {F} and my daughter {F} need new cards.
His surname is {L}.
My first name is {F} and my last name is {L}.
please add my brother {P} to the {w}
I would like to add my wife {P} to my policy.
The beneficiary of the policy is {P}.
The card is in the name of {P}.
It is registered under {P}.
Change the name on my {w} to {P}, please.
Make the cheque out to {T} {P}.
I have an appointment with {T} {P} on {D}.
{T} {L} will see you now.
{T} {P} is a {a} {J}.
According to {T} {L}, the {w} is {a}.
The {w} was written by {P}.
Directed by {P}
Written and directed by {P}, starring {P} and {P}.
Produced By: {P}
Cast: {P}, {P}, {P}
Music: {P}
Author: {P}
By {P} | {D}
Photo by {P}
a song by {P} about {w}
A novel by {P}.
{P}, the {a} {w} of the band, left in {Y}.
Singer {P} and guitarist {P} formed the {w} in {G}.
Former {w} {P} was born in {G} in {Y}.
{P} (born {D} in {G}) is a {N} {J}.
{P} ({Y} - {Y}) was a {N} {w}.
{P} was born in {G} on {D}.
{P} died in {G} in {Y}.
{P} grew up in {G} and studied at {O}.
{P} joined {O} in {Y} as a {J}.
{P} of {O} won the {w}.
{O}'s {P} won the {w}.
{P} from {O} will give a talk about {w}.
{P}, {J} at {O}, said the {w} was {a}.
{P}, who runs {O}, moved to {G}.
The {J}, {P}, is on leave.
{J} {P} said so.
{P} works as a {J} in {G}.
{P} works for {O}.
{P} is with {O}.
{P} has been a {w} at {O} since {Y}.
{P} has been arrested in {G}.
Police in {G} have arrested {P}.
{N} president {P} visited {G}.
The {N} government has {a} plans.
The {N} {w} was {a}.
We had dinner at a {N} restaurant in {G}.
She speaks {N}.
I love {N} food.
They are {N}.
He is a proud {N}.
Most {N} people are {a}.
the {N}s and the {N}s
{O} is a {N} company.
{O} is an {N} {w} based in {G}.
{O} is headquartered in {G}.
{O} is a {w} company founded in {Y}.
{O} was founded in {G} by {P}.
{O} bought {O} for {#} million dollars.
{O}, {O} and {O} reported losses.
{O} and {O} are the biggest {w} makers.
Shares of {O} fell {#} percent.
{O} announced a {a} {w}.
{O} said on {D} that the {w} had grown.
In {Y}, {O} opened an office in {G}.
In {Y} {O} became {O}.
A spokesman for {O} declined to comment.
the {O} office in {G}
The {O} website says so.
according to the {O} report
I work at {O}.
I have worked for {O} since {Y}.
I used to work for {O} in {G}.
She got a job at {O}.
We bank with {O}.
My employer is {O}.
Company: {O}
Employer: {O}
Seller: {O}, {G}
I ordered it from {O} but it never came.
Experienced {J} with {#} years of {w}. Seeking a position at {O} in {G}.
{J} at {O}, {G} ({Y} - {Y})
{O} {J} {P} resigned.
The band signed with {O}.
The record was released by {O}.
I live in {G}.
I live in {G}, {C}.
I come from {G}.
I was born in {G}.
I moved from {G} to {G} in {Y}.
We are going to {G} in {D}.
We drove from {G} to {G}.
We flew back to {G} by plane.
He returned to {G} last {w}.
She left {G} for {G}.
They moved here from {G} two years ago.
My family is originally from {G}.
My sister lives in {G}.
I'm stuck in {G}, send money.
I'm at a {w} in {G} this week.
Who wants to come to {G}?
Have you ever been to {G}?
{G} is {a} in summer.
{G} has a {a} {w}.
{G} needs help.
I miss {G}.
I love {G}!
Take me back to {G}
Greetings from {G}!
Welcome to {G}.
{G}'s mayor opened the {w}.
The mayor of {G} opened the {w}.
the University of {G}
She studied at the University of {G}.
the city of {G}
{G} wins the {w}
{G} minister calls for {w}
In {G} people eat {w}.
In {G}, the {w} is {a}.
The ship sailed from {G} to {G}.
Flights to {G}, {G} and {G} were cancelled.
shipping to {G} is {a}
Place of birth: {G}
City: {G}
Country: {C}
Nationality: {N}
Location: {G}
The party is on {D} in {G}.
My address is {A}.
My new address is {A}
Please change my address to {A}.
I live at {A}.
{P} lives at {A}.
{P} lives on {S}.
{F} used to live on {S} street.
The office is at {A}.
Our shop is located at {A}.
{O} is located at {A}.
The head office of {O} is at {A}.
The address of {O} is {A}
Send it to {A}.
Send the {w} to {A}, please.
Please send the new card to {A}?
Can you deliver it to {A}?
Deliver to: {A}
Ship to: {P}, {A}
Billing address: {A}
Address: {A}
Agent: where should we send it? Caller: {A}
the two addresses are {A} and {A}.
Meet me at {A}
Meet me in {S}.
We meet on {D} at {O}, {S}, {G}.
The bus stops at {S}.
The shop on {S} is {a}.
Turn left at {S}.
The accident happened on {S} near {G}.
The {w} is at {A}. It has {a} {w}s.
What's your address? {A}
The song is about {S} in {G}.
I was at {S} {Z}, {G}.
Postcode: {Z}
My postcode is {Z}
The zip is {Z}
zip {Z}
{G} {Z}
my {w} is at {S}
{T} {P} {S} {U} {G} {Z}
{T} {P} flew to {G} on {D}.
The caller was {P} from {G}.
Follow up with {P} next {w}.
Talk to {P} about the {w}.
Please ring {P} at {H}.
Please have {P} call me on {H}.
Contact {P} at {E} or {H}.
I'd like to open a joint account with {T} {L}.
We need to add {P} as a {w}.
Remove {P} from my {w}.
{F} is {a}. He is very {a}.
{F} is a {a} girl.
{P}: "{X}"
{F}: {X}
Take {P}'s "{Q}", for example.
"{Q}" by {P}
"{Q}" ({Y}) by {P} is a {a} song.
I saw {P} in "{Q}".
{Q}: {P}
than {F} and {F} ever were
poor old {F}
like {P} or {P}
if {F} were here
thanks to {P} and the team at {O}
cc: {P}, {P}
From: {P} <{E}>
To: {P}
Patient: {P}
Patient {P}, {k} {D}, {k} {I}, came in with {w}.
{P}, {k} {I}
{k}: {P}
Patient {P} was seen by {T} {L}.
{T} {P} examined the patient.
Attending physician: {T} {P}
Next of kin: {P} ({H})
Emergency contact: {P}, {H}
Tenant: {P}, {A}
The plaintiff, {P}, lives in {G}.
{L} v. {L}
Judge {L} ruled against {O}.
Senator {P} of {G} voted against the {w}.
King {F} of {C}
Saint {F}
Uncle {F} and Aunt {F}
Mr. and Mrs. {L}
Professor {P} teaches {w} at {O}.
General {L} was born in {G}.
`;

const blocks = `
{P}\\n\\n{A}\\n{H} (office)\\n{H} (fax)
Film: {Q}\\nDirector: {P}\\nYear: {Y}
{P}\\n{A}
{P}\\n\\n{A}
{P}\\n{O}\\n{A}
{P}\\n{J}\\n{O}\\n{A}
{P}\\n{S}\\n{G}\\n{C}
{P}\\n{S}\\n{Z} {G}\\n{C}
{P}\\n\\n{G}\\n{C}
{P}\\n{J}\\n{O}\\n{G}
{P}\\n{O}\\n{A}\\nPhone: {H}\\nFax: {H}
{P}\\n{O}\\n{A}\\nMobile: {H}\\nDesk: {H}
{P}\\n{J}\\nPhone: {H}\\nE-mail: {E}\\nWebsite: {W}\\nAddress: {A}
{P}\\n\\n{J}\\n\\nContact:\\nTel:\\n{H}\\n\\nMail:\\n{E}\\n\\nWeb:\\n{W}\\n\\nHome address:\\n{A}.
> {P}\\n> {O}\\n> {S}\\n> {U}\\n> {G}\\n> {C} {Z}
> \\n> {P}\\n> {O}\\n> {A}
* {P}\\n* {O}\\n* {A}
{O}\\n{A}
{O}\\nAttn: {P}\\n{A}
{T} {P}\\n{A}
Name: {P}\\nAddress: {A}\\nPhone: {H}\\nDate of birth: {D}
First name: {F}\\nLast name: {L}\\nCity: {G}\\nCountry: {C}
Invoice\\n{O}\\n{A}\\nBill to: {P}
`;

/** Without any entity: what only looks like one. */
const plain = `
{k}: {I}
{k} {I}, {k} {D}, {k}: {I}
{k} = {I}
My {k} is {I}.
the {k} number {I} and the {k} of {D}
{k} {I} was not found; {k} is down.
What does {k} mean? {X}
{k}: {D}\\n{k}: {I}\\n{k}: {H}
She likes {Q} and {Q}.
There is a {w} called {Q} in it.
see {Q} for the rest
The {Q} and the {Q} are {a}, unlike {Q}.
{Q}, {Q}, {Q} and {Q} are on the list.
It won the {Q} Award for {Q} in {Y}.
The {Q} Act of {Y} protects {w}s.
{X} ({Q}, {Y})
On {D} the {Q} began.
He is the best {w} since {Q}.
{Q} or {Q}? {X}
{X} "{Q}" {X}
What is {Q}? {X}
The {w}, the {Q} and a {w} ...
I turned {#} and she is {#} now.
It costs {#} or so; the code is {I}.
My ID is {I}, the IBAN is {I}, the SSN is {I}.
Code: {I}
{Q}: {I}
Address {#}.{#}.{#}.{#} is blocked.
Server {#}.{#}.{#}.{#} is down since {D}.
Phone: {H}
Call me on {H}.
Phone:\\n{H}\\n\\nE-mail:\\n{E}
Mobile: {H}\\nOffice: {H}\\nFax: {H}
When: {D}
It happened on {D}.
She was born on {D}.
During {Y}, {X}
Since {Y} it has been {a}.
{X}
{X}
{X}
{X} {X}
I can't find my {w}. Where do I look?
How do I change the limit of my card?
How can I close my account?
Is there a fee for my {w}?
Can I speak to a manager, please?
WHY IS MY {w} NOT WORKING?!
PLEASE HELP ME NOW!!!
Good morning! I have a question about the {w}.
Thanks a lot, have a nice day.
Oh my God, the Devil made me do it.
{Q}
{Q}: {Q}
{Q} & {Q}
Chapter {#}: {Q}
"{Q}" is a {a} song.
I watched "{Q}" again on {D}.
Read "{Q}" in {Y}.
The {Q} is {a}.
The {Q} was held on {D}.
He was named {w} of the {w} in {Y}.
Top {#} {Q} Of All Time (And Why)
Why {Q} Is So {Q}
The {a} {w} that {w}s made in the 1980s
On Monday the {w} starts again; on Sunday we rest.
the last Friday before Easter
It was {a} in May and June.
Labor Day, Christmas and New Year's Eve are holidays.
Reset my PIN, I forgot my PIN.
The ATM ate my card at the mall.
My card {I} expires soon.
Block card no {I}.
transfer money from {I} to another account
My order {I} has not come.
Error {#}: {w} not found at {W}
SELECT * FROM {w} WHERE id = {#};
const {w} = new {Q}({#});
The price is {#} dollars or {#} euros.
Call {H} or write to {E}.
See {W} for more.
Meeting notes: {w}, {w} and {w}.
- {w}\\n- {w}\\n- {w}
Summary\\n\\n{X}
To: all staff\\nSubject: {Q}
Patient is a {#} year old male with {a} {w}.
She turned {#} in March.
I am {#} years old.
Windows, Linux and Android are supported; JavaScript and Python too.
The Bible and the Quran are books.
Note: {X}
Q: {X}\\nA: {X}
The CEO of the year and the CFO met the press.
Learn English and Maths at school.
The Moon and Mars are {a}; so is the Earth.
I would like a {w} and a {w}. Thank you!
They used to be called the {Q}.
`;

const lines = (text: string): string[] =>
  text
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => line.replaceAll('\\n', '\n'));
export const templates = { prose: lines(prose), blocks: lines(blocks), plain: lines(plain) };
