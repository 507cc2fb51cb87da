using System.Buffers.Binary;
using System.Text;
using Edge.Dimse.Protocol;

namespace Edge.Dimse.Messages;

/// <summary>
/// Command sets: group 0000H, implicit VR little endian (PS3.7 6.3.1 and annex E). Reading checks every length, skips elements
/// it does not know and ignores the group length, which some peers get wrong; writing sorts by tag and computes it.
/// </summary>
public static class CommandSetCodec
{
    /// <summary>The longest command set that is read, in bytes: an attribute identifier list of N-GET is the longest part there is.</summary>
    public const int GreatestLength = 1 << 16;

    private const int ElementHeader = 8;
    private const ushort NoDataSet = 0x0101;

    /// <summary>Reads one command set.</summary>
    /// <param name="bytes">The whole command set.</param>
    /// <param name="abstractSyntax">The UID of the context: where the command names the same SOP class, this very string is used.</param>
    /// <exception cref="PduFormatException">A length that lies, an element of another group, a mandatory element that is missing.</exception>
    public static CommandSet Decode(ReadOnlySpan<byte> bytes, string? abstractSyntax = null)
    {
        ushort? field = null, messageId = null, respondedTo = null, dataSetType = null, priority = null, status = null, originatorId = null;
        ushort? remaining = null, completed = null, failed = null, warning = null, errorId = null, eventType = null, actionType = null;
        string? affectedClass = null, requestedClass = null, affectedInstance = null, requestedInstance = null, destination = null, originator = null, comment = null;
        uint[]? offending = null, identifiers = null;

        while (!bytes.IsEmpty)
        {
            if (bytes.Length < ElementHeader)
            {
                throw Malformed($"{bytes.Length} bytes at the end of the command set, too few for an element");
            }

            int group = BinaryPrimitives.ReadUInt16LittleEndian(bytes);
            int element = BinaryPrimitives.ReadUInt16LittleEndian(bytes[2..]);
            uint length = BinaryPrimitives.ReadUInt32LittleEndian(bytes[4..]);
            if (group != 0)
            {
                throw Malformed($"element ({group:X4},{element:X4}) in a command set");
            }

            if (length > (uint)(bytes.Length - ElementHeader))
            {
                throw Malformed($"element (0000,{element:X4}) of {length} bytes in the last {bytes.Length - ElementHeader} bytes of the command set");
            }

            ReadOnlySpan<byte> value = bytes.Slice(ElementHeader, (int)length);
            bytes = bytes[(ElementHeader + (int)length)..];
            switch (element)
            {
                case 0x0002: affectedClass = Uid(value, abstractSyntax); break;
                case 0x0003: requestedClass = Uid(value, abstractSyntax); break;
                case 0x0100: field = UInt16(element, value); break;
                case 0x0110: messageId = UInt16(element, value); break;
                case 0x0120: respondedTo = UInt16(element, value); break;
                case 0x0600: destination = Text(element, value); break;
                case 0x0700: priority = UInt16(element, value); break;
                case 0x0800: dataSetType = UInt16(element, value); break;
                case 0x0900: status = UInt16(element, value); break;
                case 0x0901: offending = Tags(element, value); break;
                case 0x0902: comment = Text(element, value); break;
                case 0x0903: errorId = UInt16(element, value); break;
                case 0x1000: affectedInstance = Uid(value, null); break;
                case 0x1001: requestedInstance = Uid(value, null); break;
                case 0x1002: eventType = UInt16(element, value); break;
                case 0x1005: identifiers = Tags(element, value); break;
                case 0x1008: actionType = UInt16(element, value); break;
                case 0x1020: remaining = UInt16(element, value); break;
                case 0x1021: completed = UInt16(element, value); break;
                case 0x1022: failed = UInt16(element, value); break;
                case 0x1023: warning = UInt16(element, value); break;
                case 0x1030: originator = Text(element, value); break;
                case 0x1031: originatorId = UInt16(element, value); break;
            }
        }

        var commandField = (CommandField)(field ?? throw Missing(0x0100));
        bool answers = commandField.IsResponse() || commandField == CommandField.CCancelRequest;
        if ((answers ? respondedTo : messageId) is null)
        {
            throw Missing(answers ? 0x0120 : 0x0110);
        }

        if (commandField.IsResponse() && status is null)
        {
            throw Missing(0x0900);
        }

        return new CommandSet
        {
            Field = commandField,
            MessageId = messageId,
            MessageIdBeingRespondedTo = respondedTo,
            HasDataSet = (dataSetType ?? throw Missing(0x0800)) != NoDataSet,
            AffectedSopClassUid = affectedClass,
            RequestedSopClassUid = requestedClass,
            AffectedSopInstanceUid = affectedInstance,
            RequestedSopInstanceUid = requestedInstance,
            Priority = (Priority?)priority,
            Status = status,
            MoveDestination = destination,
            MoveOriginatorAeTitle = originator,
            MoveOriginatorMessageId = originatorId,
            RemainingSuboperations = remaining,
            CompletedSuboperations = completed,
            FailedSuboperations = failed,
            WarningSuboperations = warning,
            OffendingElements = offending,
            ErrorComment = comment,
            ErrorId = errorId,
            EventTypeId = eventType,
            ActionTypeId = actionType,
            AttributeIdentifiers = identifiers,
        };
    }

    /// <summary>Bytes that <see cref="Encode"/> writes.</summary>
    public static int MeasureLength(CommandSet command)
    {
        Writer writer = default;
        Write(ref writer, command);
        return writer.Length;
    }

    /// <summary>Writes the command set, group length included.</summary>
    /// <returns>The bytes written: <see cref="MeasureLength"/>.</returns>
    public static int Encode(CommandSet command, Span<byte> destination)
    {
        Writer writer = new() { Destination = destination };
        Write(ref writer, command);
        BinaryPrimitives.WriteUInt32LittleEndian(destination[ElementHeader..], (uint)(writer.Length - ElementHeader - 4));
        return writer.Length;
    }

    private static void Write(ref Writer writer, CommandSet c)
    {
        writer.UInt32(0x0000, 0);
        writer.Text(0x0002, c.AffectedSopClassUid, 0);
        writer.Text(0x0003, c.RequestedSopClassUid, 0);
        writer.UInt16(0x0100, (ushort)c.Field);
        writer.UInt16(0x0110, c.MessageId);
        writer.UInt16(0x0120, c.MessageIdBeingRespondedTo);
        writer.Text(0x0600, c.MoveDestination, (byte)' ');
        writer.UInt16(0x0700, (ushort?)c.Priority);
        writer.UInt16(0x0800, c.HasDataSet ? (ushort)0x0001 : NoDataSet);
        writer.UInt16(0x0900, c.Status);
        writer.Tags(0x0901, c.OffendingElements);
        writer.Text(0x0902, c.ErrorComment is { Length: > 64 } comment ? comment[..64] : c.ErrorComment, (byte)' ');
        writer.UInt16(0x0903, c.ErrorId);
        writer.Text(0x1000, c.AffectedSopInstanceUid, 0);
        writer.Text(0x1001, c.RequestedSopInstanceUid, 0);
        writer.UInt16(0x1002, c.EventTypeId);
        writer.Tags(0x1005, c.AttributeIdentifiers);
        writer.UInt16(0x1008, c.ActionTypeId);
        writer.UInt16(0x1020, c.RemainingSuboperations);
        writer.UInt16(0x1021, c.CompletedSuboperations);
        writer.UInt16(0x1022, c.FailedSuboperations);
        writer.UInt16(0x1023, c.WarningSuboperations);
        writer.Text(0x1030, c.MoveOriginatorAeTitle, (byte)' ');
        writer.UInt16(0x1031, c.MoveOriginatorMessageId);
    }

    private static string Uid(ReadOnlySpan<byte> value, string? known)
    {
        ReadOnlySpan<byte> trimmed = value.TrimEnd((byte)0);
        return known is not null && Ascii.Equals(trimmed, known) ? known : ItemReader.Uid(value);
    }

    private static string Text(int element, ReadOnlySpan<byte> value) =>
        value.Length <= 1024 ? ItemReader.Text(value) : throw Malformed($"element (0000,{element:X4}) of {value.Length} bytes");

    private static ushort UInt16(int element, ReadOnlySpan<byte> value) =>
        value.Length == 2 ? BinaryPrimitives.ReadUInt16LittleEndian(value) : throw Malformed($"element (0000,{element:X4}) of {value.Length} bytes: it has 2");

    private static uint[] Tags(int element, ReadOnlySpan<byte> value)
    {
        if (value.Length % 4 != 0)
        {
            throw Malformed($"element (0000,{element:X4}) of {value.Length} bytes: tags have 4 each");
        }

        uint[] tags = new uint[value.Length / 4];
        for (int i = 0; i < tags.Length; i++)
        {
            tags[i] = ((uint)BinaryPrimitives.ReadUInt16LittleEndian(value[(4 * i)..]) << 16) | BinaryPrimitives.ReadUInt16LittleEndian(value[((4 * i) + 2)..]);
        }

        return tags;
    }

    private static PduFormatException Missing(int element) => Malformed($"element (0000,{element:X4}) is missing in the command set");

    private static PduFormatException Malformed(string detail) => new(AbortReason.InvalidPduParameterValue, detail);

    /// <summary>Writes elements, or counts their bytes where there is no destination.</summary>
    private ref struct Writer
    {
        public Span<byte> Destination { get; init; }

        public int Length { get; private set; }

        public void UInt16(ushort element, ushort? value)
        {
            if (value is { } number && Begin(element, 2) is { IsEmpty: false } at)
            {
                BinaryPrimitives.WriteUInt16LittleEndian(at, number);
            }
        }

        public void UInt32(ushort element, uint value)
        {
            if (Begin(element, 4) is { IsEmpty: false } at)
            {
                BinaryPrimitives.WriteUInt32LittleEndian(at, value);
            }
        }

        public void Text(ushort element, string? value, byte padding)
        {
            if (value is not null && Begin(element, value.Length + (value.Length & 1)) is { IsEmpty: false } at)
            {
                at[^1] = padding;
                Encoding.Latin1.GetBytes(value, at);
            }
        }

        public void Tags(ushort element, uint[]? tags)
        {
            if (tags is not null && Begin(element, tags.Length * 4) is { IsEmpty: false } at)
            {
                for (int i = 0; i < tags.Length; i++)
                {
                    BinaryPrimitives.WriteUInt16LittleEndian(at[(4 * i)..], (ushort)(tags[i] >> 16));
                    BinaryPrimitives.WriteUInt16LittleEndian(at[((4 * i) + 2)..], (ushort)tags[i]);
                }
            }
        }

        private Span<byte> Begin(ushort element, int length)
        {
            int start = Length;
            Length += ElementHeader + length;
            if (Destination.IsEmpty)
            {
                return default;
            }

            Span<byte> at = Destination[start..];
            BinaryPrimitives.WriteUInt16LittleEndian(at, 0);
            BinaryPrimitives.WriteUInt16LittleEndian(at[2..], element);
            BinaryPrimitives.WriteUInt32LittleEndian(at[4..], (uint)length);
            return at.Slice(ElementHeader, length);
        }
    }
}
