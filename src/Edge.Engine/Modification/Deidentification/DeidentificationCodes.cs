using Edge.Dicom;
using Edge.Dicom.Tags;

namespace Edge.Engine.Modification.Deidentification;

/// <summary>The coded description of a de-identification (PS3.16 CID 7050).</summary>
internal static class DeidentificationCodes
{
    private static readonly (RetainOptions Option, string Code, string Meaning)[] Options =
    [
        (RetainOptions.LongitudinalTemporalFull, "113106", "Retain Longitudinal Temporal Information Full Dates Option"),
        (RetainOptions.PatientCharacteristics, "113108", "Retain Patient Characteristics Option"),
        (RetainOptions.DeviceIdentity, "113109", "Retain Device Identity Option"),
        (RetainOptions.Uids, "113110", "Retain UIDs Option"),
        (RetainOptions.InstitutionIdentity, "113112", "Retain Institution Identity Option"),
    ];

    /// <summary>The items for the basic profile with options.</summary>
    public static List<DataSet> Of(RetainOptions options)
    {
        List<DataSet> items = [Item("113100", "Basic Application Confidentiality Profile")];
        foreach ((RetainOptions option, string code, string meaning) in Options)
        {
            if (options.HasFlag(option))
            {
                items.Add(Item(code, meaning));
            }
        }

        return items;
    }

    private static DataSet Item(string code, string meaning)
    {
        DataSet item = new();
        item.SetString(DicomTags.CodeValue, code, Vr.SH);
        item.SetString(DicomTags.CodingSchemeDesignator, "DCM", Vr.SH);
        item.SetString(DicomTags.CodeMeaning, meaning, Vr.LO);
        return item;
    }
}
