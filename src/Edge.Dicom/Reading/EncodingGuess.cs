using Edge.Dicom.Tags;

namespace Edge.Dicom.Reading;

/// <summary>Finds out how a data set is really encoded, from its first element.</summary>
internal static class EncodingGuess
{
    // The highest group that a data set without meta information may begin with.
    private const uint HighestFirstGroup = 0x0040;

    /// <summary>The encoding of a data set whose syntax is declared; another one only where the declared makes no sense and that one does.</summary>
    public static HeaderEncoding Check(HeaderEncoding declared, ReadOnlySpan<byte> start, long remaining)
    {
        if (start.Length < ElementHeader.Least || IsPlausible(declared, start, remaining, anyGroup: true))
        {
            return declared;
        }

        return TryGuess(start, remaining, out HeaderEncoding guessed) ? guessed : declared;
    }

    /// <summary>The encoding of a data set of which nothing is known; false where it cannot be one.</summary>
    public static bool TryGuess(ReadOnlySpan<byte> start, long remaining, out HeaderEncoding guessed)
    {
        guessed = HeaderEncoding.ExplicitLittle;
        if (start.Length < ElementHeader.Least)
        {
            return false;
        }

        if (IsPlausible(guessed, start, remaining, anyGroup: false))
        {
            return true;
        }

        guessed = HeaderEncoding.ImplicitLittle;
        if (IsPlausible(guessed, start, remaining, anyGroup: false))
        {
            return true;
        }

        guessed = HeaderEncoding.ExplicitBig;
        return IsPlausible(guessed, start, remaining, anyGroup: false);
    }

    /// <summary>The syntax without compression that has an encoding.</summary>
    public static TransferSyntax SyntaxOf(HeaderEncoding encoding) => encoding.IsBigEndian
        ? TransferSyntax.ExplicitVrBigEndian
        : encoding.IsExplicitVr ? TransferSyntax.ExplicitVrLittleEndian : TransferSyntax.ImplicitVrLittleEndian;

    /// <summary>
    /// Whether the items of a UN of undefined length are in explicit form after all (PS3.5 6.2.2 wants implicit, old writers differ):
    /// whether the first element of the first item has a VR.
    /// </summary>
    public static bool HoldsExplicit(ReadOnlySpan<byte> items, bool bigEndian)
    {
        if (bigEndian)
        {
            return items[0] == 0xFF;
        }

        return ElementHeader.TryRead(items, HeaderEncoding.ImplicitLittle, long.MaxValue, out ElementHeader item) && item.Tag == ElementHeader.Item
            && VrInfo.FromBytes(items[12], items[13]) is var vr and not Vr.None && (!VrInfo.HasLongLength(vr) || items[14] == 0 && items[15] == 0);
    }

    private static bool IsPlausible(HeaderEncoding encoding, ReadOnlySpan<byte> start, long remaining, bool anyGroup)
    {
        if (!ElementHeader.TryRead(start, encoding, remaining, out ElementHeader header) || header.IsBadVr)
        {
            return false;
        }

        uint group = header.Tag >> 16;
        if (!anyGroup && (group is 0 or > HighestFirstGroup))
        {
            return false;
        }

        return header.IsUndefined || header.Length <= remaining - header.Size;
    }
}
