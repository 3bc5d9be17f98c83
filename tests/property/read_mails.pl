# Reads mails from standard input, each after a line with its length in octets, and answers one line of UTF-8 a mail,
# cells between tabs: the fields' names as MIME::Head splits them, the start of the body, then the name and the value of
# each field as Email::MIME decodes it; a field of addresses has its mailboxes as Email::Address::XS takes them apart.
use strict;
use warnings;
use Email::Address::XS;
use Email::MIME;
use Encode;
use MIME::Head;

my %of_addresses = map { $_ => 1 } qw(From Reply-To To);

binmode STDIN;
binmode STDOUT, ":encoding(UTF-8)";
while (my $length = <STDIN>) {
    read(STDIN, my $mail, $length) == $length or die "a mail was cut short\n";
    (my $unix = $mail) =~ s/\r\n/\n/g;
    open my $lines, "<", \$unix or die;
    my @names = map { (split /:/)[0] } @{MIME::Head->read($lines)->header};
    my $body = substr(<$lines>, 0, 4);
    my $email = Email::MIME->new($mail);
    my @pairs = $email->header_str_pairs;
    my @cells = (join(",", @names), $body);
    while (my ($name, $value) = splice @pairs, 0, 2) {
        push @cells, $name, $of_addresses{$name} ? mailboxes($email->header_raw($name)) : $value;
    }
    print join("\t", @cells), "\n";
}

sub mailboxes {
    return join "\x1e", map {
        my $name = decode("MIME-Header", $_->phrase // "");
        (length $name ? "$name " : "") . "<" . $_->address . ">"
    } Email::Address::XS->parse($_[0]);
}
