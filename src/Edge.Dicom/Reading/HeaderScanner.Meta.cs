using System.Buffers.Binary;
using Edge.Dicom.Tags;

namespace Edge.Dicom.Reading;

/// <content>Preamble and file meta information (PS3.10 7.1).</content>
public static partial class HeaderScanner
{
    private const int PreambleLength = 132;

    /// <summary>Reads what precedes the data set and settles its encoding; false where the scan is over.</summary>
    private static bool ScanMeta(ref ScanWindow window, HeaderScan result)
    {
        long at = 0;
        if (window.TryGet(0, PreambleLength, out ReadOnlySpan<byte> preamble))
        {
            if (preamble[128..].SequenceEqual("DICM"u8))
            {
                result.HasPreamble = true;
                at = PreambleLength;
            }
        }
        else if (window.Total >= PreambleLength)
        {
            NeedMore(result, PreambleLength + 1024, window.Total);
            return false;
        }

        if (at == 0 && window.Total < ElementHeader.Least)
        {
            throw new DicomFormatException($"Not DICOM: {window.Total} bytes");
        }

        if (!TryPeek(ref window, at, out ReadOnlySpan<byte> first))
        {
            result.DataSetOffset = at;
            return window.Total - at < ElementHeader.Least ? EndOfMeta(result, at) : NeedMore(result, at + 1024, window.Total) == ScanOutcome.Complete;
        }

        if (BinaryPrimitives.ReadUInt16LittleEndian(first) != 2)
        {
            return StartWithoutMeta(ref window, at, first, result);
        }

        result.HasMeta = true;
        return ReadMeta(ref window, ref at, result) && ChooseSyntax(ref window, at, result);
    }

    private static bool EndOfMeta(HeaderScan result, long at)
    {
        result.DataSetOffset = at;
        return true;
    }

    private static bool StartWithoutMeta(ref ScanWindow window, long at, scoped ReadOnlySpan<byte> first, HeaderScan result)
    {
        if (!EncodingGuess.TryGuess(first, window.Total - at, out HeaderEncoding guessed))
        {
            throw new DicomFormatException(result.HasPreamble
                ? $"Not DICOM: no element after the preamble, offset {at}"
                : "Not DICOM: neither a preamble nor an element at the start");
        }

        result.Encoding = guessed;
        result.TransferSyntax = EncodingGuess.SyntaxOf(guessed);
        result.DataSetOffset = at;
        return true;
    }

    private static bool ReadMeta(ref ScanWindow window, ref long at, HeaderScan result)
    {
        long announcedEnd = -1;
        HeaderEncoding encoding = HeaderEncoding.ExplicitLittle;
        bool isFirst = true;
        while (at != announcedEnd || result.Meta(HeaderScan.MetaTransferSyntax) is var syntax && TransferSyntax.Find(syntax) is not { IsDeflated: true })
        {
            if (!TryPeek(ref window, at, out ReadOnlySpan<byte> bytes))
            {
                if (window.Total - at < ElementHeader.Least)
                {
                    return true;
                }

                NeedMore(result, at + 1024, window.Total);
                return false;
            }

            if (BinaryPrimitives.ReadUInt16LittleEndian(bytes) != 2)
            {
                break;
            }

            if (isFirst && VrInfo.FromBytes(bytes[4], bytes[5]) == Vr.None)
            {
                // Meta information in implicit VR: forbidden, and met.
                encoding = HeaderEncoding.ImplicitLittle;
                result.Note(DamageKind.BadMeta, 0x00020000, at);
            }

            isFirst = false;
            if (!ElementHeader.TryRead(bytes, encoding, window.Total - at, out ElementHeader header) || header.IsUndefined)
            {
                throw new DicomFormatException($"Bad file meta information at offset {at}");
            }

            long end = at + header.Size + header.Length;
            if (end > window.Total)
            {
                Missing(ref window, result, header.Tag, at, end);
                return false;
            }

            int which = MetaIndex(header.Tag);
            if (header.Tag == 0x00020000 && header.Length == 4)
            {
                if (!window.TryGet(at + header.Size, 4, out ReadOnlySpan<byte> length))
                {
                    Missing(ref window, result, header.Tag, at, end);
                    return false;
                }

                announcedEnd = end + BinaryPrimitives.ReadUInt32LittleEndian(length);
            }
            else if (which >= 0 && header.Length <= 256 && result.Meta(which).Length == 0)
            {
                if (!window.TryGet(at + header.Size, (int)header.Length, out ReadOnlySpan<byte> value))
                {
                    Missing(ref window, result, header.Tag, at, end);
                    return false;
                }

                value.CopyTo(result.Room(value.Length));
                result.KeepMeta(which, value.Length);
            }

            at = end;
        }

        return true;
    }

    private static bool ChooseSyntax(ref ScanWindow window, long at, HeaderScan result)
    {
        result.DataSetOffset = at;
        ReadOnlySpan<byte> declared = Text.TextBytes.Prepared(result.Meta(HeaderScan.MetaTransferSyntax));
        if (declared.Length > 0)
        {
            result.TransferSyntax = TransferSyntax.Find(declared) ?? TransferSyntax.FindOrUnknown(System.Text.Encoding.Latin1.GetString(declared));
            result.Encoding = HeaderEncoding.Of(result.TransferSyntax);
            return result.TransferSyntax.IsDeflated || SettleEncoding(ref window, at, result);
        }

        result.Note(DamageKind.WrongTransferSyntax, 0x00020010, at);
        if (!TryPeek(ref window, at, out ReadOnlySpan<byte> start))
        {
            if (window.Total - at >= ElementHeader.Least)
            {
                NeedMore(result, at + ElementHeader.Most, window.Total);
                return false;
            }

            return true;
        }

        if (!EncodingGuess.TryGuess(start, window.Total - at, out HeaderEncoding guessed))
        {
            throw new DicomFormatException($"No transfer syntax is named and none fits, offset {at}");
        }

        result.Encoding = guessed;
        result.TransferSyntax = EncodingGuess.SyntaxOf(guessed);
        return true;
    }

    private static int MetaIndex(uint tag) => tag switch
    {
        0x00020002 => HeaderScan.MetaSopClass,
        0x00020003 => HeaderScan.MetaSopInstance,
        0x00020010 => HeaderScan.MetaTransferSyntax,
        0x00020012 => HeaderScan.MetaImplementationClass,
        0x00020013 => HeaderScan.MetaImplementationVersion,
        0x00020016 => HeaderScan.MetaSourceAet,
        _ => -1,
    };
}
