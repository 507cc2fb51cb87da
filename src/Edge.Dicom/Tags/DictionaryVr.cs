namespace Edge.Dicom.Tags;

/// <summary>The VR of a tag where the file does not say it (implicit VR, UN): dictionary, private creator, and the context that PS3.5 A.1 names.</summary>
internal static class DictionaryVr
{
    public static Vr Resolve(DataSet dataSet, DicomTag tag)
    {
        string? creator = tag.IsPrivateElement ? dataSet.FindPrivateCreator(tag) : null;
        Vr vr = DicomDictionary.VrOf(tag, creator, out VrChoice choice);
        return choice switch
        {
            VrChoice.None => vr,
            VrChoice.ObOrOw => Vr.OW,
            VrChoice.UsOrOw or VrChoice.UsOrSsOrOw when tag == DicomTags.LUTData => Vr.US,
            VrChoice.UsOrOw or VrChoice.UsOrSsOrOw => Vr.OW,
            _ => IsSigned(dataSet) ? Vr.SS : Vr.US,
        };
    }

    // PixelRepresentation of the data set, or of the nearest one above that has it (PS3.3 C.11.1.1.1 and the like).
    private static bool IsSigned(DataSet dataSet)
    {
        for (DataSet? at = dataSet; at is not null; at = at.Parent)
        {
            if (at.Find(DicomTags.PixelRepresentation) is { } element)
            {
                ReadOnlySpan<byte> value = element.Value.Span;
                return value.Length >= 2 && (element.IsBigEndian ? value[1] : value[0]) == 1;
            }
        }

        return false;
    }
}
