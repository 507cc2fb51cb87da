using System.Buffers;
using Edge.Dimse.Messages;
using Edge.Dimse.Protocol;

namespace Edge.Dimse.Association;

/// <summary>Puts command sets together: in place where one comes in one piece, as nearly all do, else in a buffer.</summary>
internal sealed class CommandAssembly
{
    private ArrayBufferWriter<byte>? _parts;

    /// <summary>Adds a piece; the command set once it is complete.</summary>
    /// <exception cref="PduFormatException">Longer than <see cref="CommandSetCodec.GreatestLength"/>, or malformed.</exception>
    public CommandSet? Add(Indication piece, string abstractSyntax)
    {
        if (_parts is not { WrittenCount: > 0 } && piece.EndsSet)
        {
            return CommandSetCodec.Decode(piece.Bytes.Span, abstractSyntax);
        }

        _parts ??= new ArrayBufferWriter<byte>(512);
        if (_parts.WrittenCount + piece.Bytes.Length > CommandSetCodec.GreatestLength)
        {
            throw new PduFormatException(AbortReason.InvalidPduParameterValue, $"command set of more than {CommandSetCodec.GreatestLength} bytes");
        }

        _parts.Write(piece.Bytes.Span);
        if (!piece.EndsSet)
        {
            return null;
        }

        CommandSet command = CommandSetCodec.Decode(_parts.WrittenSpan, abstractSyntax);
        _parts = null;
        return command;
    }
}
