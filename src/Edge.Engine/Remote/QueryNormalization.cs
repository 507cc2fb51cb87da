using Edge.Core.Ids;
using Edge.Core.Options;
using Edge.Dicom;
using Edge.Dicom.Tags;
using Edge.Engine.Query;

namespace Edge.Engine.Remote;

/// <summary>Brings queries into the form that modalities expect (<c>Normalize</c>), and minds their manufacturers.</summary>
public static class QueryNormalization
{
    /// <summary>What may be asked at each level beside the main tags: the keys of PS3.4 tables C.6-1 to C.6-5 and the identification modules of PS3.3.</summary>
    private static readonly uint[][] Further =
    [
        [0x00100021, 0x00100022, 0x00100032, 0x00101001, 0x00101002, 0x00102160, 0x00104000, 0x00201200, 0x00201202, 0x00201204],
        [
            0x00080061, 0x00080062, 0x00081048, 0x00081060, 0x00081080, 0x00081110, 0x00101010, 0x00101020, 0x00101030, 0x00102180, 0x001021B0, 0x00321033,
            0x00380010, 0x00201206, 0x00201208,
        ],
        [0x00081050, 0x00081072, 0x00081090, 0x00081111, 0x00185100, 0x00200060, 0x00280108, 0x00280109, 0x00400253, 0x00400260, 0x00201209],
        [0x00080008, 0x00080016, 0x0008001A, 0x00080022, 0x00080023, 0x0008002A, 0x00080032, 0x00080033, 0x00200020],
    ];

    private static readonly HashSet<uint> Counters = [0x00201200, 0x00201202, 0x00201204, 0x00201206, 0x00201208, 0x00201209];

    /// <summary>Keeps the keys of the level and of those above, and adds the unique keys.</summary>
    public static DataSet Normalize(DataSet query, ResourceLevel level, MainTags mainTags, ModalityOptions modality)
    {
        DataSet normal = query.Clone();
        normal.RemoveAll(element => !IsOf(element.Tag, level, mainTags));
        string universal = modality.Manufacturer == ModalityManufacturer.GE ? "*" : "";
        for (ResourceLevel above = ResourceLevel.Patient; above <= level; above++)
        {
            AddWhereMissing(normal, QueryLevels.Key(above), above == ResourceLevel.Patient ? "" : universal);
        }

        if (level >= ResourceLevel.Study)
        {
            AddWhereMissing(normal, DicomTags.AccessionNumber, "");
        }

        return normal;
    }

    /// <summary>Sends <c>*</c> alone as empty to those who do not know it.</summary>
    public static void Adapt(DataSet query, ModalityOptions modality)
    {
        bool everywhere = modality.Manufacturer == ModalityManufacturer.GenericNoUniversalWildcard;
        if (!everywhere && modality.Manufacturer != ModalityManufacturer.GenericNoWildcardInDates)
        {
            return;
        }

        foreach (DicomElement element in query.ToArray())
        {
            if ((everywhere || element.Vr == Vr.DA) && query.GetString(element.Tag)?.Trim() == "*")
            {
                query.Set(new DicomElement(element.Tag, element.Vr, ReadOnlyMemory<byte>.Empty));
            }
        }
    }

    private static bool IsOf(DicomTag tag, ResourceLevel level, MainTags mainTags)
    {
        if (tag == DicomTags.SpecificCharacterSet)
        {
            return true;
        }

        for (ResourceLevel above = ResourceLevel.Patient; above <= level; above++)
        {
            bool isKnown = mainTags.Contains(above, tag) || Array.IndexOf(Further[(int)above - 1], tag.Value) >= 0;
            if (isKnown && (above == level || !Counters.Contains(tag.Value)))
            {
                return true;
            }
        }

        return false;
    }

    private static void AddWhereMissing(DataSet query, DicomTag tag, string value)
    {
        if (!query.Contains(tag))
        {
            query.SetString(tag, value);
        }
    }
}
