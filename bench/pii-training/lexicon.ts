/** Words that training sentences are made of: common names of many languages, written down from general knowledge. */
const list = (text: string): string[] =>
  text
    .trim()
    .split(/\s*,\s*|\n/)
    .filter(Boolean);
const words = (text: string): string[] => text.trim().split(/\s+/);

export const givenNames = words(`
James Mary Robert Patricia John Jennifer Michael Linda David Elizabeth William Barbara Richard Susan Joseph Jessica Thomas Sarah Charles Karen Christopher Lisa Daniel Nancy
Matthew Betty Anthony Margaret Mark Sandra Donald Ashley Steven Kimberly Paul Emily Andrew Donna Joshua Michelle Kenneth Carol Kevin Amanda Brian Dorothy George Melissa Edward
Deborah Ronald Stephanie Timothy Rebecca Jason Sharon Jeffrey Laura Ryan Cynthia Jacob Kathleen Gary Amy Nicholas Angela Eric Shirley Jonathan Anna Stephen Brenda Larry Pamela
Justin Emma Scott Nicole Brandon Helen Benjamin Samantha Samuel Katherine Gregory Christine Frank Debra Alexander Rachel Raymond Carolyn Patrick Janet Jack Catherine Dennis Maria
Jerry Heather Tyler Diane Aaron Ruth Jose Julie Adam Olivia Henry Joyce Nathan Virginia Douglas Victoria Zachary Kelly Peter Lauren Kyle Christina Walter Joan Ethan Evelyn Jeremy
Harold Keith Christian Roger Noah Gerald Carl Terry Sean Austin Arthur Lawrence Jesse Dylan Bryan Joe Jordan Billy Bruce Albert Willie Gabriel Logan Alan Juan Wayne Roy Ralph Randy
Grace Rose Judy Megan Cheryl Andrea Hannah Jacqueline Martha Gloria Teresa Ann Sara Madison Frances Kathryn Janice Jean Abigail Alice Judith Sophia Denise Amber Doris Marilyn
Danielle Beverly Isabella Theresa Diana Natalie Brittany Charlotte Marie Kayla Alexis Lori Chloe Oliver Harry Jacob Alfie Oscar Freya Isla Poppy Imogen Nigel Graham Trevor Gareth
Hans Jürgen Klaus Günter Wolfgang Dieter Uwe Stefan Andreas Matthias Sabine Monika Petra Ursula Renate Helga Ingrid Birgit Anke Heike Lukas Leon Finn Jonas Lena Mia Hannah Katrin
Jean Pierre Michel Philippe Alain Nicolas Christophe Laurent Frédéric Sébastien Isabelle Sylvie Catherine Nathalie Valérie Céline Aurélie Émilie Camille Chloé Léa Manon Hugo Théo
Antonio José Manuel Francisco Juan David Javier Jesús Alejandro Pablo Sergio Carmen María Ana Isabel Dolores Pilar Teresa Lucía Marta Elena Rocío Álvaro Diego Íñigo
Giuseppe Giovanni Antonio Mario Luigi Francesco Angelo Vincenzo Pietro Salvatore Giulia Chiara Francesca Federica Silvia Valentina Alessandra Paola Martina Elisa Lorenzo Matteo
João Pedro Miguel Tiago Rui Nuno Luís Inês Beatriz Mariana Catarina Leonor Thiago Gustavo Rafael Fernanda Juliana Larissa Camila Bruna Vinícius
Lars Anders Erik Johan Karl Nils Björn Sven Gunnar Astrid Ingeborg Karin Elsa Linnéa Maja Ebba Saga Håkan Åsa Märta Ole Knut Sigurd Ragnhild Solveig Kari Øystein Bjørn Mette Søren Jens Niels Rasmus Freja Ida Sofie
Juha Matti Timo Kari Antti Mika Päivi Tuula Liisa Anneli Aino Helmi Eero Väinö Jari Pekka Jón Guðrún Sigríður Ólafur Þór Björk Einar
Jan Piotr Andrzej Krzysztof Stanisław Tomasz Paweł Anna Katarzyna Małgorzata Agnieszka Barbara Ewa Zofia Magdalena Grzegorz Łukasz Michał Jiří Václav Zdeněk Tomáš Ondřej Jana Lenka Kateřina Eliška Tereza
István László Zoltán Ferenc Gábor Attila Erzsébet Katalin Ilona Éva Zsuzsanna Ágnes Judit Réka Dóra Ion Gheorghe Vasile Elena Ioana Andreea Mihai Dragan Milan Zoran Goran Jelena Snežana Ivana Marko Luka Ante Tihana Matej Tomaž Nataša Mojca
Ivan Dmitry Sergei Alexei Vladimir Nikolai Natalia Svetlana Olga Tatiana Ekaterina Irina Anastasia Oleksandr Mykola Iryna Oksana Taras Bohdan Giorgi Nino Aram Ani Andrus Tõnu Jānis Ilze Vytautas Rūta
Yorgos Dimitris Nikos Eleni Katerina Sofia Konstantinos Mehmet Mustafa Ahmet Ali Hüseyin Ayşe Fatma Emine Zeynep Elif Emre Murat
Mohammed Ahmed Omar Hassan Ibrahim Khalid Youssef Fatima Aisha Layla Zainab Mariam Noor Amina Samir Tariq Reza Parisa Maryam Hossein Shirin Avi Yael Noa Eitan
Raj Amit Sanjay Vijay Priya Anjali Sunita Deepa Kavita Arjun Rohan Ravi Lakshmi Meera Arun Suresh Nisha Pooja Imran Farhan Sana Tenzin Nuwan
Wei Ming Li Na Fang Jing Hao Xin Yan Jun Mei Ling Hiroshi Takashi Kenji Yuki Sakura Haruto Aoi Yui Akira Kazuo Naoko Emi Min-jun Seo-yeon Ji-woo Hyun Soo Nguyen Linh Minh Huong Somchai Putri Budi Dewi Jomo Wanjiru Kwame Ama Chidi Ngozi Oluwaseun Thabo Lerato Sipho Abebe Fatou Mamadou
`);
export const surnames = words(`
Smith Johnson Williams Brown Jones Garcia Miller Davis Rodriguez Martinez Hernandez Lopez Gonzalez Wilson Anderson Thomas Taylor Moore Jackson Martin Lee Perez Thompson White
Harris Sanchez Clark Ramirez Lewis Robinson Walker Young Allen King Wright Scott Torres Nguyen Hill Flores Green Adams Nelson Baker Hall Rivera Campbell Mitchell Carter Roberts
Gomez Phillips Evans Turner Diaz Parker Cruz Edwards Collins Reyes Stewart Morris Morales Murphy Cook Rogers Gutierrez Ortiz Morgan Cooper Peterson Bailey Reed Kelly Howard Ramos
Kim Cox Ward Richardson Watson Brooks Chavez Wood James Bennett Gray Mendoza Ruiz Hughes Price Alvarez Castillo Sanders Patel Myers Long Ross Foster Jimenez O'Brien O'Connor McDonald
McCarthy MacLeod Fitzgerald Byrne Walsh Doyle Gallagher Sutherland Ferguson Cameron Fletcher Whitfield Ashworth Hargreaves Pemberton Thornton Blackwood Holloway Winslow Shelby Mercer
Müller Schmidt Schneider Fischer Weber Meyer Wagner Becker Schulz Hoffmann Schäfer Koch Bauer Richter Klein Wolf Schröder Neumann Schwarz Zimmermann Braun Krüger Hofmann Hartmann Lange Krause Lehmann
Martin Bernard Dubois Durand Lefebvre Leroy Moreau Simon Laurent Michel Girard Bonnet François Mercier Rousseau Blanc Guérin Chevalier Gauthier Perrin Bélanger Tremblay Gagnon Bouchard
Rossi Russo Ferrari Esposito Bianchi Romano Colombo Ricci Marino Greco Bruno Gallo Conti De-Luca Mancini Costa Giordano Rizzo Lombardi Moretti Barbieri Fontana
Silva Santos Ferreira Pereira Oliveira Costa Rodrigues Martins Sousa Fernandes Gonçalves Gomes Lopes Marques Almeida Ribeiro Carvalho Teixeira Moreira Correia Azevedo Cavalcanti
García Fernández González López Martínez Sánchez Pérez Gómez Martín Jiménez Ruiz Hernández Díaz Moreno Muñoz Álvarez Romero Alonso Gutiérrez Navarro Domínguez Vázquez Serrano Iglesias Echeverría
Johansson Andersson Karlsson Nilsson Eriksson Larsson Olsson Persson Svensson Gustafsson Lindberg Lindqvist Bergström Sandström Hansen Olsen Larsen Pedersen Kristiansen Berg Haugen Nielsen Jensen Christensen Sørensen Rasmussen Jørgensen Møller Thomsen
Korhonen Virtanen Mäkinen Nieminen Mäkelä Hämäläinen Laine Heikkinen Koskinen Järvinen Lehtonen Saarinen Jónsdóttir Sigurðsson Gunnarsdóttir Einarsson Stefánsdóttir
Nowak Kowalski Wiśniewski Wójcik Kowalczyk Kamiński Lewandowski Zieliński Szymański Woźniak Dąbrowski Kozłowska Jankowska Novák Svoboda Novotný Dvořák Černý Procházka Kučera Veselý Horáková Němcová Kovács Nagy Szabó Tóth Horváth Varga Kiss Molnár Németh Farkas Balogh
Popescu Ionescu Dumitru Stan Petrović Jovanović Nikolić Marković Ilić Horvat Kovačević Babić Marić Novak Zupančič Krajnc Potočnik Ivanov Petrov Smirnov Kuznetsov Popov Volkov Sokolov Morozova Lebedeva Novikova Shevchenko Kovalenko Bondarenko Tkachenko Tamm Saar Bērziņš Kazlauskas Jankauskienė
Papadopoulos Georgiou Nikolaidis Ioannou Yılmaz Kaya Demir Şahin Çelik Öztürk Arslan Abdullah Rahman Hussein Khan Haddad Mansour Nasser Farouk Hosseini Karimi Cohen Levi Mizrahi Friedman
Sharma Singh Kumar Gupta Verma Reddy Nair Iyer Mukherjee Banerjee Chatterjee Desai Mehta Joshi Rao Perera Fernando Wang Zhang Liu Chen Yang Huang Zhao Wu Zhou Xu Sun Ma Zhu Lin Tanaka Suzuki Sato Watanabe Yamamoto Nakamura Kobayashi Kato Yoshida Yamada Park Choi Jung Kang Tran Pham Hoang Santoso Wijaya
Okafor Adeyemi Eze Mensah Owusu Diallo Traoré Nkosi Dlamini Mwangi Kamau Otieno Tesfaye Van-Dyk Botha Jansen De-Vries Bakker Visser Smit Mulder Bos Peeters Claes Dijkstra Hoekstra Vermeulen
`).map((name) => name.replace('-', ' '));

export const countryAliases = list(
  'USA, U.S., UK, U.K., United States, United Kingdom, Great Britain, England, Scotland, Wales, Holland, Czech Republic, Russia, South Korea, North Korea, Ivory Coast, UAE, Republic of Ireland, Macedonia, Burma, Cape Verde, Europe, Africa, Asia, America, Scandinavia, the Netherlands, the Philippines',
);
export const cities =
  list(`New York, Los Angeles, Chicago, Houston, Phoenix, Philadelphia, San Antonio, San Diego, Dallas, Austin, Denver, Boston, Seattle, Detroit, Nashville, Portland, Las Vegas, Baltimore, Milwaukee, Albuquerque, Tucson, Sacramento, Kansas City, Omaha, Raleigh, Oakland, Minneapolis, Tulsa, Wichita, Cleveland, Tampa, Honolulu, St. Louis, Pittsburgh, Cincinnati, Salt Lake City, Buffalo, Baton Rouge, Little Rock, Spokane, Boise, Des Moines, Toledo, Fort Wayne
London, Birmingham, Leeds, Glasgow, Sheffield, Bradford, Liverpool, Edinburgh, Manchester, Bristol, Cardiff, Leicester, Coventry, Belfast, Nottingham, Newcastle upon Tyne, Stoke-on-Trent, Hull, Plymouth, Derby, Southampton, Portsmouth, Brighton, Oxford, Cambridge, Norwich, York, Exeter, Swansea, Aberdeen, Dundee, Inverness, Dublin, Cork, Galway, Limerick
Berlin, Hamburg, München, Munich, Köln, Cologne, Frankfurt, Frankfurt am Main, Stuttgart, Düsseldorf, Leipzig, Dortmund, Essen, Bremen, Dresden, Hannover, Nürnberg, Wien, Vienna, Graz, Linz, Salzburg, Innsbruck, Zürich, Genève, Geneva, Basel, Bern, Lausanne, Winterthur
Paris, Marseille, Lyon, Toulouse, Nice, Nantes, Strasbourg, Montpellier, Bordeaux, Lille, Rennes, Reims, Le Havre, Grenoble, Dijon, Brussels, Antwerp, Gent, Liège, Brugge, Amsterdam, Rotterdam, The Hague, Utrecht, Eindhoven, Groningen, Luxembourg
Madrid, Barcelona, Valencia, Sevilla, Zaragoza, Málaga, Bilbao, Alicante, Córdoba, Valladolid, Vigo, Gijón, Granada, Lisbon, Lisboa, Porto, Braga, Coimbra, Faro, Rome, Roma, Milan, Milano, Napoli, Torino, Palermo, Genova, Bologna, Firenze, Venice, Verona, Trieste
Stockholm, Göteborg, Malmö, Uppsala, Västerås, Örebro, Linköping, Oslo, Bergen, Trondheim, Stavanger, Tromsø, Copenhagen, København, Aarhus, Odense, Aalborg, Esbjerg, Helsinki, Espoo, Tampere, Turku, Oulu, Reykjavík, Akureyri, Tallinn, Tartu, Riga, Vilnius, Kaunas
Warsaw, Warszawa, Kraków, Łódź, Wrocław, Poznań, Gdańsk, Prague, Praha, Brno, Ostrava, Plzeň, Bratislava, Košice, Budapest, Debrecen, Szeged, Pécs, Ljubljana, Maribor, Zagreb, Split, Rijeka, Belgrade, Novi Sad, Sarajevo, Skopje, Sofia, Plovdiv, Bucharest, Cluj-Napoca, Timișoara, Athens, Thessaloniki, Nicosia, Limassol, Istanbul, Ankara, İzmir
Moscow, Saint Petersburg, Novosibirsk, Kyiv, Lviv, Odesa, Minsk, Tbilisi, Yerevan, Baku, Tashkent, Almaty, Toronto, Montreal, Vancouver, Calgary, Ottawa, Edmonton, Winnipeg, Quebec City, Halifax, Saskatoon, Mexico City, Guadalajara, Monterrey, Bogotá, Medellín, Lima, Quito, Santiago, Buenos Aires, Rosario, Montevideo, Asunción, La Paz, São Paulo, Rio de Janeiro, Brasília, Salvador, Belo Horizonte, Curitiba, Porto Alegre, Recife, Fortaleza, Manaus, Havana, Kingston, Caracas
Sydney, Melbourne, Brisbane, Perth, Adelaide, Hobart, Darwin, Canberra, Geelong, Wollongong, Auckland, Wellington, Christchurch, Hamilton, Dunedin, Tokyo, Osaka, Kyoto, Yokohama, Nagoya, Sapporo, Seoul, Busan, Beijing, Shanghai, Guangzhou, Shenzhen, Chengdu, Wuhan, Hong Kong, Taipei, Singapore, Kuala Lumpur, Jakarta, Surabaya, Bangkok, Chiang Mai, Hanoi, Ho Chi Minh City, Manila, Cebu, Mumbai, Delhi, Bangalore, Hyderabad, Chennai, Kolkata, Pune, Jaipur, Karachi, Lahore, Islamabad, Dhaka, Colombo, Kathmandu, Tehran, Baghdad, Dubai, Abu Dhabi, Doha, Riyadh, Jeddah, Amman, Beirut, Damascus, Jerusalem, Tel Aviv, Cairo, Alexandria, Casablanca, Rabat, Tunis, Algiers, Tripoli, Lagos, Abuja, Accra, Dakar, Nairobi, Mombasa, Kampala, Addis Ababa, Kinshasa, Luanda, Johannesburg, Cape Town, Durban, Pretoria, Harare, Lusaka`);

export const jobs = list(
  `teacher, nurse, accountant, software engineer, plumber, electrician, dentist, civil engineer, chef, lawyer, paralegal, pharmacist, project manager, sales manager, graphic designer, web developer, carpenter, truck driver, bus driver, librarian, receptionist, bookkeeper, auditor, surgeon, veterinarian, firefighter, police officer, social worker, human resources manager, marketing director, chief executive officer, CEO, CFO, data analyst, systems analyst, database administrator, network engineer, security guard, flight attendant, air traffic controller, machinist, welder, tailor, photographer, journalist, editor, translator, interpreter, physical therapist, occupational therapist, radiologic technician, medical assistant, dental hygienist, real estate agent, insurance underwriter, loan officer, bank teller, tax preparer, claims adjuster, office clerk, payroll clerk, shipping clerk, stock clerk, order filler, warehouse supervisor, production planner, quality inspector, chemical operator, forest ranger, landscape architect, interior decorator, urban planner, economist, statistician, biologist, geologist, research scientist, postdoctoral researcher, assistant professor, school counselor, special education teacher, kindergarten teacher, coach, umpire, musician, composer, choreographer, film editor, sound engineer technician, camera operator, print binder, tool maker, crane operator, roofer, glazier, mason, tile setter, pest control worker, groundskeeper, housekeeper, home health aide, personal care aide, hair stylist, barber, cosmetologist, travel agent, tour guide, procurement specialist, training specialist, benefits coordinator, logistics coordinator, public relations specialist, fundraiser, legislator, judge, court reporter, probation officer, customs inspector`,
);
export const honorifics = words(
  'Mr. Mrs. Ms. Dr. Miss Mr Mrs Ms Dr Prof. Professor Sir Lady Rev. Madam Herr Frau Monsieur Madame Señor Señora Dr. Mr. Mrs. Ms. Mr. Mrs.',
);
export const companySuffixes = list(
  'Inc, Inc., LLC, Ltd, Ltd., Corp., Corporation, PLC, GmbH, AG, S.A., Group, Holdings, Partners, Associates, Labs, Bank, & Co., Company, Limited, SpA, Oy, AB',
);
export const companyNouns = list(
  'Solutions, Systems, Technologies, Software, Analytics, Insurance, Investments, Capital, Finance, Energy, Power, Logistics, Media, Networks, Consulting, Research, Health, Markets, Resources, Ventures, Foods, Motors, Airlines, Pharma, Robotics, Data, Studios, Industries, Trading, Realty',
);
export const companies = list(
  'Google, Microsoft, Apple, Amazon, Tesla, Siemens, Volkswagen, Toyota, Samsung, Sony, IBM, Intel, Oracle, Nestlé, Unilever, Pfizer, Novartis, Walmart, Costco, Starbucks, Netflix, Spotify, Uber, Airbnb, PayPal, Visa, JPMorgan Chase, Goldman Sachs, Morgan Stanley, Bank of America, Wells Fargo, Citigroup, Barclays, HSBC, Deutsche Bank, BNP Paribas, Boeing, Airbus, Lufthansa, General Electric, General Motors, Ford, Chrysler, Shell, BP, Exxon Mobil, Nokia, Ericsson, IKEA, Red Cross, UNICEF, NASA, FBI, CIA, NATO, Harvard University, Stanford University, University of Oxford, Mayo Clinic, World Bank, European Union, United Nations, World Health Organization, BBC, CNN, Reuters, Motown, Sony Music, Columbia Records, Warner Bros., Universal Pictures',
);
export const streetWords = words(
  'Oak Maple Cedar Elm Pine Washington Lake Hill Church Park Main High Mill Station River Spring Chestnut Walnut Lincoln Jackson Victoria Albert Queen King George Castle Bridge Garden Forest Meadow Sunset Ridge Valley Harbor Ocean Canal Market College School Grove Orchard Willow Birch Highland Franklin Madison Broad Water Union North South East West Mountain Prospect',
);
export const streetSuffixes = words(
  'Street St St. Avenue Ave Ave. Road Rd Rd. Lane Ln Drive Dr Court Ct Place Pl Boulevard Blvd Way Terrace Crescent Close Square Gardens Grove Parkway Trail Circle Alley Row Highway Mews Hill Rise View Walk Loop Path Extension Junction Manor Heights Crossing Ridge Plaza Park Green',
);
export const states = words(
  'AL AK AZ AR CA CO CT DE FL GA HI ID IL IN IA KS KY LA ME MD MA MI MN MS MO MT NE NV NH NJ NM NY NC ND OH OK OR PA RI SC SD TN TX UT VT VA WA WV WI WY ON QC BC AB NSW VIC QLD',
);
