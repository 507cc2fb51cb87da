using Edge.Dimse;
using Edge.Dimse.Messages;
using Xunit;

namespace Edge.Unit.Tests.Dimse;

public sealed class CommandSetCodecTests
{
    /// <summary>C-ECHO-RQ, message id 1, by hand (PS3.7 9.3.5.1).</summary>
    private static readonly byte[] Echo =
    [
        0, 0, 0x00, 0x00, 4, 0, 0, 0, 56, 0, 0, 0,
        0, 0, 0x02, 0x00, 18, 0, 0, 0, .. "1.2.840.10008.1.1\0"u8,
        0, 0, 0x00, 0x01, 2, 0, 0, 0, 0x30, 0,
        0, 0, 0x10, 0x01, 2, 0, 0, 0, 1, 0,
        0, 0, 0x00, 0x08, 2, 0, 0, 0, 0x01, 0x01,
    ];

    [Fact]
    public void EchoIsWrittenAsInTheStandard()
    {
        CommandSet command = new() { Field = CommandField.CEchoRequest, MessageId = 1, AffectedSopClassUid = "1.2.840.10008.1.1" };
        Assert.Equal(Echo, Encode(command));
    }

    [Fact]
    public void EchoIsReadFromBytesWrittenByHand()
    {
        string known = string.Concat("1.2.840.", "10008.1.1");
        CommandSet command = CommandSetCodec.Decode(Echo, known);
        Assert.Equal(CommandField.CEchoRequest, command.Field);
        Assert.Equal((ushort)1, command.MessageId);
        Assert.False(command.HasDataSet);
        Assert.Same(known, command.AffectedSopClassUid);
    }

    [Fact]
    public void EveryElementSurvivesTheRoundTrip()
    {
        CommandSet command = new()
        {
            Field = CommandField.NGetResponse, MessageId = 1, MessageIdBeingRespondedTo = 2, HasDataSet = true, AffectedSopClassUid = "1.2", RequestedSopClassUid = "1.3",
            AffectedSopInstanceUid = "1.4.5", RequestedSopInstanceUid = "1.5", Priority = Priority.Low, Status = 0xB000, MoveDestination = "DEST", MoveOriginatorAeTitle = "ORI",
            MoveOriginatorMessageId = 65535, RemainingSuboperations = 1, CompletedSuboperations = 2, FailedSuboperations = 3, WarningSuboperations = 4,
            OffendingElements = [0x00100010, 0x7FE00010], ErrorComment = "odd", ErrorId = 7, EventTypeId = 1, ActionTypeId = 2, AttributeIdentifiers = [0x00080018],
        };
        byte[] bytes = Encode(command);
        CommandSet read = CommandSetCodec.Decode(bytes);
        Assert.Equal(bytes, Encode(read));
        Assert.Equal(command.OffendingElements, read.OffendingElements);
        Assert.Equal("odd", read.ErrorComment);
        Assert.Equal("1.4.5", read.AffectedSopInstanceUid);
        Assert.Equal((ushort)65535, read.MoveOriginatorMessageId);
    }

    [Theory]
    [InlineData(4, 255, "0000")]
    [InlineData(16, 255, "0002")]
    [InlineData(17, 255, "0002")]
    [InlineData(42, 3, "0100")]
    [InlineData(38, 8, "(0008,0100)")]
    public void LengthsAndGroupsThatLieAreNamed(int at, byte value, string named)
    {
        byte[] bytes = [.. Echo];
        bytes[at] = value;
        Assert.Contains(named, Assert.Throws<PduFormatException>(() => CommandSetCodec.Decode(bytes)).Message);
    }

    [Fact]
    public void EveryTruncationIsRefused()
    {
        for (int length = 0; length < Echo.Length; length++)
        {
            Assert.Throws<PduFormatException>(() => CommandSetCodec.Decode(Echo.AsSpan(0, length)));
        }
    }

    [Theory]
    [InlineData(0x0000, DimseStatusClass.Success)]
    [InlineData(0xFF00, DimseStatusClass.Pending)]
    [InlineData(0xFF01, DimseStatusClass.Pending)]
    [InlineData(0xFE00, DimseStatusClass.Cancel)]
    [InlineData(0xB000, DimseStatusClass.Warning)]
    [InlineData(0xB007, DimseStatusClass.Warning)]
    [InlineData(0x0107, DimseStatusClass.Warning)]
    [InlineData(0xA700, DimseStatusClass.Failure)]
    [InlineData(0xC123, DimseStatusClass.Failure)]
    [InlineData(0x0122, DimseStatusClass.Failure)]
    public void StatusesHaveTheirClass(int code, DimseStatusClass expected) => Assert.Equal(expected, new DimseStatus((ushort)code).Class);

    [Fact]
    public void ResponsesBelongToTheirRequests()
    {
        Assert.Equal(CommandField.CStoreResponse, CommandField.CStoreRequest.Response());
        Assert.Equal(CommandField.NDeleteResponse, CommandField.NDeleteRequest.Response());
        Assert.True(CommandField.NActionRequest.IsNormalized());
        Assert.False(CommandField.CCancelRequest.IsNormalized());
        Assert.False(((CommandField)0x0999).IsKnown());
    }

    private static byte[] Encode(CommandSet command)
    {
        byte[] bytes = new byte[CommandSetCodec.MeasureLength(command)];
        Assert.Equal(bytes.Length, CommandSetCodec.Encode(command, bytes));
        return bytes;
    }
}
