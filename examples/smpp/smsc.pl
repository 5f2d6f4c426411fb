#!/usr/bin/perl
# An SMSC made of Net::SMPP (Debian's libnet-smpp-perl) and of Perl's own Encode: nothing of it is shared with Antryk.
# It reports what it got as JSON, a line each, on stdout; takes every message under a hexadecimal id and reports it
# delivered under the decimal one, as many SMSCs do. It refuses a number that ends in 000; on one that ends in 999 it
# hangs up without an answer.
#
#   perl smsc.pl PORT PASSWORD
use strict;
use warnings;
use Encode;
use JSON::PP;
use Net::SMPP;

$| = 1;
my ($port, $password) = @ARGV;
my $json = JSON::PP->new->canonical->ascii;
my $id = 100 * time;

# Net::SMPP warns of TLVs that it has no name for, such as those of India's DLT.
$SIG{__WARN__} = sub { print STDERR @_ unless $_[0] =~ /^Unknown tag/ };

sub report { print $json->encode({@_}), "\n" }

my $server = Net::SMPP->new_listen('127.0.0.1', port => $port, smpp_version => 0x34) or die "port $port: $!";
report(event => 'listens');

while (1) {
    my $link = $server->accept or next;
    $link->set_version(0x34);
    ${*$link}{async} = 1;
    while (my $pdu = $link->read_pdu) {
        last unless receive($link, $pdu);
    }
    close $link;
    report(event => 'hung up');
}

sub receive {
    my ($link, $pdu) = @_;
    my $cmd = $pdu->{cmd};
    if ($cmd == Net::SMPP::CMD_bind_transceiver) {
        my $status = $pdu->{password} eq $password ? 0 : 0x0e;
        report(
            event => 'bind', systemId => $pdu->{system_id}, version => $pdu->{interface_version}, status => $status,
        );
        $link->bind_transceiver_resp(system_id => 'perl', seq => $pdu->{seq}, status => $status);
        return $status == 0;
    }
    if ($cmd == Net::SMPP::CMD_submit_sm) { return take($link, $pdu) }
    if ($cmd == Net::SMPP::CMD_enquire_link) {
        report(event => 'enquire_link');
        $link->enquire_link_resp(seq => $pdu->{seq});
        return 1;
    }
    if ($cmd == Net::SMPP::CMD_deliver_sm_resp) {
        report(event => 'receipt answered', status => $pdu->{status});
        return 1;
    }
    if ($cmd == Net::SMPP::CMD_unbind) { report(event => 'unbind'); $link->unbind_resp(seq => $pdu->{seq}); return 0 }
    report(event => 'unknown', cmd => $cmd);
    return 1;
}

sub take {
    my ($link, $pdu) = @_;
    my $octets = $pdu->{message_payload} // $pdu->{short_message};
    my ($reference, $total, $index) = (0, 1, 1);
    if ($pdu->{esm_class} & 0x40) {
        (undef, undef, undef, $reference, $total, $index) = unpack 'C6', $octets;
        $octets = substr $octets, 1 + unpack 'C', $octets;
    } elsif (defined $pdu->{sar_msg_ref_num}) {
        $reference = unpack 'n', $pdu->{sar_msg_ref_num};
        ($total, $index) = map { unpack 'C', $pdu->{$_} } qw(sar_total_segments sar_segment_seqnum);
    }
    my $text = decode($pdu->{data_coding} == 8 ? 'UTF-16BE' : 'gsm0338', $octets, Encode::FB_CROAK);
    my $known = $pdu->{destination_addr} !~ /000$/;
    report(
        event => 'submit', from => $pdu->{source_addr}, fromTon => $pdu->{source_addr_ton},
        to => $pdu->{destination_addr}, toTon => $pdu->{dest_addr_ton},
        coding => $pdu->{data_coding}, validity => $pdu->{validity_period},
        reference => $reference, total => $total, index => $index, text => $text,
        entity => $pdu->{0x1400}, template => $pdu->{0x1401},
    );
    if (!$known) { $link->submit_sm_resp(message_id => '', status => 0x0b, seq => $pdu->{seq}); return 1 }
    return 0 if $pdu->{destination_addr} =~ /999$/;
    $id += 1;
    $link->submit_sm_resp(message_id => sprintf('%X', $id), seq => $pdu->{seq});
    return 1 unless $pdu->{registered_delivery} & 1;
    my $receipt = sprintf 'id:%010d sub:001 dlvrd:001 submit date:2611230601 done date:2611230602 '
        . 'stat:DELIVRD err:000 Text:%.20s', $id, 'x';
    $link->deliver_sm(
        source_addr_ton => 1, source_addr_npi => 1, source_addr => $pdu->{destination_addr},
        dest_addr_ton => 1, dest_addr_npi => 1, destination_addr => $pdu->{source_addr},
        esm_class => 4, data_coding => 0, short_message => $receipt,
    );
    return 1;
}
