using Edge.Dimse;
using Edge.Dimse.Protocol;
using Xunit;

namespace Edge.Unit.Tests.Dimse;

public sealed class PduCodecTests
{
    /// <summary>A small A-ASSOCIATE-RQ by hand: one context, maximum length 16384, one unknown item and one unknown sub-item.</summary>
    private static readonly byte[] RequestBody =
    [
        0x00, 0x01, 0, 0,
        .. "SCP             "u8, .. "SCU             "u8, .. new byte[32],
        0x10, 0, 0, 21, .. "1.2.840.10008.3.1.1.1"u8,
        0x99, 0, 0, 2, 0xAB, 0xCD,
        0x20, 0, 0, 46, 1, 0, 0, 0, 0x30, 0, 0, 17, .. "1.2.840.10008.1.1"u8, 0x40, 0, 0, 17, .. "1.2.840.10008.1.2"u8,
        0x50, 0, 0, 14, 0x51, 0, 0, 4, 0, 0, 0x40, 0, 0x7E, 0, 0, 2, 1, 2,
    ];

    [Fact]
    public void RequestIsReadFromBytesWrittenByHand()
    {
        AssociationRequest request = PduCodec.DecodeAssociateRequest(RequestBody);
        Assert.Equal("SCP", request.CalledAeTitle);
        Assert.Equal("SCU", request.CallingAeTitle);
        Assert.Equal(DicomUids.ApplicationContext, request.ApplicationContext);
        ProposedContext context = Assert.Single(request.Contexts);
        Assert.Equal((1, DicomUids.Verification, DicomUids.ImplicitVrLittleEndian), (context.Id, context.AbstractSyntax, Assert.Single(context.TransferSyntaxes)));
        Assert.Equal(16384u, request.UserInformation.MaximumPduLength);
    }

    [Fact]
    public void EveryTruncationOfARequestIsRefusedOrShorter()
    {
        for (int length = 0; length < RequestBody.Length; length++)
        {
            try
            {
                AssociationRequest request = PduCodec.DecodeAssociateRequest(RequestBody.AsSpan(0, length));
                Assert.True(request.Contexts.Count <= 1);
            }
            catch (PduFormatException malformed)
            {
                Assert.Equal(AbortReason.InvalidPduParameterValue, malformed.Reason);
            }
        }
    }

    [Fact]
    public void EverySubItemSurvivesTheRoundTrip()
    {
        AssociationRequest request = new()
        {
            CalledAeTitle = "CALLED",
            CallingAeTitle = "SIXTEENLETTERSAE",
            Contexts = [new(1, "1.2.3", ["1.2.840.10008.1.2", "1.2.840.10008.1.2.1"]), new(255, "1.2.4", ["1.2.840.10008.1.2"])],
            UserInformation = new UserInformation
            {
                MaximumPduLength = 131072,
                AsynchronousOperations = new(3, 5),
                Roles = [new("1.2.3", true, false), new("1.2.4", false, true)],
                ExtendedNegotiations = [new("1.2.3", new byte[] { 1, 0, 1 })],
                CommonExtendedNegotiations = [new("1.2.3", "1.2.840.10008.4.2", ["1.2.5", "1.2.6"]), new("1.2.4", "1.2.840.10008.4.2", [])],
                UserIdentity = new(UserIdentityType.UserNameAndPasscode, true, "user"u8.ToArray(), "pass"u8.ToArray()),
            },
        };
        byte[] pdu = PduCodec.EncodeAssociateRequest(request);
        PduHeader header = PduHeader.Read(pdu);
        Assert.Equal((PduType.AssociateRequest, (uint)(pdu.Length - PduHeader.Size)), (header.Type, header.Length));
        AssociationRequest read = PduCodec.DecodeAssociateRequest(pdu.AsSpan(PduHeader.Size));
        Assert.Equal(pdu, PduCodec.EncodeAssociateRequest(read));
        Assert.Equal(request.UserInformation.AsynchronousOperations, read.UserInformation.AsynchronousOperations);
        Assert.Equal(request.UserInformation.Roles, read.UserInformation.Roles);
        Assert.Equal(["1.2.5", "1.2.6"], read.UserInformation.CommonExtendedNegotiations[0].RelatedGeneralSopClasses);
        Assert.Equal("pass"u8.ToArray(), read.UserInformation.UserIdentity!.Secondary.ToArray());
        Assert.Equal([1, 0, 1], read.UserInformation.ExtendedNegotiations[0].ApplicationInformation.ToArray());
    }

    [Fact]
    public void AcceptSurvivesTheRoundTrip()
    {
        AssociationAccepted accepted = new()
        {
            CalledAeTitle = "A",
            CallingAeTitle = "B",
            Contexts = [new(1, ContextResult.Acceptance, "1.2.840.10008.1.2"), new(3, ContextResult.TransferSyntaxesNotSupported, "1.2.840.10008.1.2")],
            UserInformation = new UserInformation { UserIdentityResponse = new byte[] { 9, 8 } },
        };
        byte[] pdu = PduCodec.EncodeAssociateAccept(accepted);
        AssociationAccepted read = PduCodec.DecodeAssociateAccept(pdu.AsSpan(PduHeader.Size));
        Assert.Equal(accepted.Contexts, read.Contexts);
        Assert.Equal([9, 8], read.UserInformation.UserIdentityResponse!.Value.ToArray());
        Assert.Equal(pdu, PduCodec.EncodeAssociateAccept(read));
    }

    [Theory]
    [InlineData(2)]
    [InlineData(0)]
    public void EvenContextIdsAreMalformed(byte id) => AssertMalformed([new(id, "1.2.3", ["1.2"])], $"context id {id}");

    [Fact]
    public void ContextIdsUsedTwiceAreMalformed() => AssertMalformed([new(255, "1.2.3", ["1.2"]), new(255, "1.2.4", ["1.2"])], "context id 255");

    [Fact]
    public void MoreContextsThanAnAssociationHoldsAreNotSent()
    {
        ProposedContext[] contexts = [.. Enumerable.Range(0, 129).Select(i => new ProposedContext((byte)(2 * i), "1.2", ["1.2"]))];
        Assert.Throws<ArgumentException>(() => PduCodec.EncodeAssociateRequest(new() { CalledAeTitle = "A", CallingAeTitle = "B", Contexts = contexts }));
    }

    [Fact]
    public void ShortPdusAreFixedBytes()
    {
        Assert.Equal([5, 0, 0, 0, 0, 4, 0, 0, 0, 0], PduCodec.EncodeReleaseRequest());
        Assert.Equal([6, 0, 0, 0, 0, 4, 0, 0, 0, 0], PduCodec.EncodeReleaseResponse());
        Assert.Equal([7, 0, 0, 0, 0, 4, 0, 0, 2, 6], PduCodec.EncodeAbort(AssociationAbort.ByProvider(AbortReason.InvalidPduParameterValue)));
        Assert.Equal([3, 0, 0, 0, 0, 4, 0, 1, 1, 7], PduCodec.EncodeAssociateReject(AssociationRejection.CalledAeTitleNotRecognized));
        Assert.Equal(AssociationRejection.LocalLimitExceeded, PduCodec.DecodeAssociateReject([0, 2, 3, 2]));
        Assert.Throws<PduFormatException>(() => PduCodec.DecodeAbort([0, 0, 0]));
    }

    [Theory]
    [InlineData(new byte[] { 0, 0, 0, 1, 1, 0 }, 100u)]
    [InlineData(new byte[] { 0, 0, 0, 97, 1, 0 }, 100u)]
    [InlineData(new byte[] { 255, 255, 255, 255, 1, 0 }, 100u)]
    public void PdvsThatLieAreMalformed(byte[] header, uint remaining) => Assert.Throws<PduFormatException>(() => PdvHeader.Read(header, remaining));

    [Fact]
    public void PdvHeaderSurvivesTheRoundTrip()
    {
        byte[] bytes = new byte[PdvHeader.Size];
        PdvHeader header = new(94, 3, IsCommand: true, IsLast: true);
        header.Write(bytes);
        Assert.Equal([0, 0, 0, 96, 3, 3], bytes);
        Assert.Equal(header, PdvHeader.Read(bytes, 100));
    }

    private static void AssertMalformed(ProposedContext[] contexts, string names)
    {
        byte[] pdu = PduCodec.EncodeAssociateRequest(new() { CalledAeTitle = "A", CallingAeTitle = "B", Contexts = contexts });
        Assert.Contains(names, Assert.Throws<PduFormatException>(() => PduCodec.DecodeAssociateRequest(pdu.AsSpan(PduHeader.Size))).Message);
    }
}
